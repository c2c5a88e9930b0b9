import { describe, expect, it } from 'vitest';
import type { Progress, Reason, State } from '../../src/protocol';
import type { Status } from '../../src/state/run.svelte';
import type { ServerInfo, ServerState } from '../../src/state/server.svelte';
import { browserChoice, serverChoice, type Place } from '../../src/ui/backends';
import { commandOf, keyLabel, KEYS } from '../../src/ui/keys';
import {
  bytesOf,
  chipOf,
  noticeOf,
  recordingOf,
  seconds,
  summaryOf,
  type Situation,
} from '../../src/ui/words';

const status = (state: State | 'idle', given: Partial<Status> = {}): Status => ({
  state,
  reason: '',
  text: '',
  elapsed: 0,
  step: 0,
  ...given,
});
const progress: Progress = {
  type: 'progress',
  step: 212,
  total: 500,
  line: 28,
  rate: 119.4,
  elapsed: 1.8,
  watching: 0,
};

const said = (given: Partial<Situation>): string => {
  const chip = chipOf({
    status: status('idle'),
    progress: null,
    error: { line: 0, step: 0 },
    ran: null,
    readiness: { state: 'ready' },
    stages: [],
    backend: 'browser',
    ...given,
  });
  return [chip.word, chip.text, ...chip.facts].filter(Boolean).join(' | ');
};

describe('the state chip', () => {
  const stages = [
    { name: 'Python', loaded: 5.6e6, total: 5.6e6, done: true },
    { name: 'NumPy', loaded: 1.1e6, total: 2.4e6, done: false },
  ];
  it('is of the place that was chosen, not of the run that ended in the other', () => {
    const ended: Partial<Situation> = { status: status('finished', { step: 500 }), ran: 'browser' };
    expect(said({ ...ended, backend: 'browser' })).toContain('Finished');
    expect(said({ ...ended, backend: 'server' })).toContain('Ready');
    expect(said({ ...ended, backend: 'server', status: status('running') })).toContain('Running');
  });

  it.each<[string, Partial<Situation>]>([
    ['Ready | Press Run', {}],
    ['Loading Python | NumPy | 1.1 of 2.4 MB', { readiness: { state: 'loading' }, stages }],
    [
      'Starts when ready | NumPy | 1.1 of 2.4 MB',
      { status: status('loading'), readiness: { state: 'loading' }, stages },
    ],
    ['Connecting', { readiness: { state: 'loading' }, backend: 'server' }],
    [
      'Not available | nothing answers',
      { readiness: { state: 'lost', reason: 'unreachable', text: '' } },
    ],
    ['Queued | 2 ahead', { status: status('queued', { text: '2 ahead' }) }],
    ['Running', { status: status('running') }],
    ['Running | line 28 | step 212 of 500 | 119 steps/s', { status: status('running'), progress }],
    ['Paused | after step | 212 of 500', { status: status('paused'), progress }],
    ['Waiting | for your input | line 28', { status: status('waiting'), progress }],
    ['Stopping', { status: status('stopping') }],
    ['Finished | 500 steps | 4.2 s', { status: status('finished', { step: 500, elapsed: 4.21 }) }],
    ['Finished | 12 ms', { status: status('finished', { elapsed: 0.012 }) }],
    [
      'Stopped by an error | line 18 | step 1',
      { status: status('failed'), error: { line: 18, step: 1 } },
    ],
    [
      'Stopped | by you | 1 step | 2.0 s',
      { status: status('stopped', { reason: 'user', step: 1, elapsed: 2 }) },
    ],
    ['Stopped | by the memory limit', { status: status('stopped', { reason: 'memory' }) }],
    ['Run lost | the program crashed', { status: status('lost', { reason: 'crash' }) }],
  ])('%s', (expected, given) => expect(said(given)).toBe(expected));
});

describe('the end of a run', () => {
  const loss = { name: 'loss', firstValue: 2.32, lastValue: 0.0104, length: 500 };
  it.each<[string, Status, (typeof loss)[]]>([
    [
      '500 steps in 4.2 s. loss 2.320 to 0.010.',
      status('finished', { step: 500, elapsed: 4.2 }),
      [loss],
    ],
    ['Finished in 30 ms.', status('finished', { elapsed: 0.03 }), []],
    [
      'Stopped by you after 3 steps in 1.0 s.',
      status('stopped', { reason: 'user', step: 3, elapsed: 1 }),
      [],
    ],
    ['', status('running', { step: 3 }), [loss]],
    ['', status('failed', { step: 3 }), [loss]],
  ])('%j', (expected, end, curves) => expect(summaryOf(end, curves)).toBe(expected));

  it.each<[string | null, State, Reason]>([
    [null, 'finished', ''],
    [null, 'stopped', 'user'],
    ['The time limit ended the run', 'stopped', 'wall'],
    ['Python crashed', 'lost', 'crash'],
    ['The server cannot be reached', 'lost', 'unreachable'],
  ])('needs the words %j where it is %s (%s)', (title, state, reason) => {
    expect(noticeOf(status(state, { reason }), { state: 'ready' }, 'browser')?.title ?? null).toBe(
      title,
    );
  });

  it('of a backend comes before that of a run', () => {
    const lost = { state: 'lost', reason: 'crash', text: 'why' } as const;
    expect(noticeOf(status('stopped', { reason: 'wall' }), lost, 'browser')).toEqual({
      title: 'Python is not running',
      text: 'why',
    });
  });
});

describe('numbers with units', () => {
  it.each([
    [0.0004, '1 ms'],
    [0.25, '250 ms'],
    [4.24, '4.2 s'],
    [125, '2 min 5 s'],
    [600, '10 min'],
  ])('%d s is %s', (value, text) => expect(seconds(value)).toBe(text));
  it.each([
    [3_100_000, 5_600_000, '3.1 of 5.6 MB'],
    [10_000, 200_000, '10 of 200 KB'],
    [1_500_000, 0, '1.5 MB'],
    [0, 0, ''],
  ])('%d of %d bytes is %j', (loaded, total, text) => expect(bytesOf(loaded, total)).toBe(text));
});

describe('what the status bar says of the recording', () => {
  const kept = { steps: 500, dropped: 0, bytes: 593_000 };
  it.each([
    ['off', 0, { steps: 0, dropped: 0, bytes: 0 }, 'Recording: off'],
    ['light', 0, kept, 'Recording: light, 500 steps kept in 593 KB'],
    ['full', 0.342, kept, 'Recording: full, costs 34%, 500 steps kept in 593 KB'],
    ['light', 0.004, { ...kept, steps: 1 }, 'Recording: light, costs <1%, 1 step kept in 593 KB'],
    [
      'full',
      0.5,
      { steps: 1_800, dropped: 3_200, bytes: 64e6 },
      'Recording: full, costs 50%, 1,800 of 5,000 steps kept in 64.0 MB',
    ],
  ])('%s, %d', (level, watching, what, text) => {
    expect(recordingOf(level, watching, what)).toBe(text);
  });
});

describe('keys', () => {
  const press = (
    key: string,
    given: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {},
  ) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    ...given,
  });
  it.each<[string | null, ReturnType<typeof press>, boolean, boolean]>([
    ['run', press('Enter', { ctrlKey: true }), false, true],
    ['run', press('Enter', { metaKey: true }), true, true],
    [null, press('Enter', { metaKey: true }), false, true],
    ['step', press('Enter', { ctrlKey: true, shiftKey: true }), false, false],
    ['stop', press('.', { ctrlKey: true }), false, true],
    ['previous', press('['), false, false],
    [null, press('['), false, true],
    ['later', press('}', { shiftKey: true }), false, false],
    ['keys', press('?', { shiftKey: true }), false, false],
    [null, press('?', { shiftKey: true }), false, true],
    ['live', press('l'), false, false],
    [null, press('l', { ctrlKey: true }), false, false],
    [null, press('x'), false, false],
  ])('%s', (command, event, mac, typing) => expect(commandOf(event, mac, typing)).toBe(command));

  it('each has its own, and a label on both kinds of keyboard', () => {
    expect(new Set(KEYS.map((key) => key.press)).size).toBe(KEYS.length);
    expect(keyLabel('Mod+Shift+Enter', false)).toEqual(['Ctrl', 'Shift', 'Enter']);
    expect(keyLabel('Mod+Enter', true)).toEqual(['⌘', '↵']);
  });
});

describe('the backend menu', () => {
  const place: Place = {
    readiness: { state: 'ready' },
    environment: {
      type: 'environment',
      python: '3.14.2',
      engine: '0.1.0',
      array: 'NumPy 2.4.3',
      device: 'cpu',
      record: 'off',
    },
    bytes: { loaded: 8.2e6, total: 8.2e6 },
    stages: [],
    took: 2.1,
  };
  const info: ServerInfo = {
    enabled: true,
    unsafe: false,
    authorized: true,
    python: '3.13.0',
    engine: '0.1',
    array: 'NumPy 2.4.3',
    devices: ['cpu'],
    why: '',
    advice: '',
    wallSeconds: 600,
    memoryMib: 1024,
    running: 0,
    queued: 0,
  };
  const program = { name: 'a.py', bytes: 900 };
  const known = (given: Partial<ServerInfo>): ServerState => ({
    state: 'known',
    info: { ...info, ...given },
  });

  it.each<[ServerState, boolean, string, string]>([
    [{ state: 'asking' }, false, 'asking', ''],
    [{ state: 'away', text: 'Nothing answers.' }, false, 'off', 'make play'],
    [
      known({ enabled: false, why: 'No bubblewrap.', advice: 'Install it.' }),
      false,
      'off',
      'No bubblewrap.\nInstall it.',
    ],
    [known({ authorized: false }), false, 'needs the token', 'the address with the token'],
    [known({}), true, 'ready', 'sandbox'],
    [known({ queued: 2, running: 1 }), true, '2 waiting', ''],
    [known({ unsafe: true }), true, 'ready', 'Without a sandbox'],
  ])('says of a server %j', (server, available, status, about) => {
    const choice = serverChoice(server, place, program);
    expect([choice.available, choice.status]).toEqual([available, status]);
    expect(choice.about).toContain(about);
  });

  it('says what a run there may use, and what is sent', () => {
    const facts = Object.fromEntries(
      serverChoice(known({}), place, program).facts.map(({ name, text }) => [name, text]),
    );
    expect(facts['Each run']).toContain('10 min, 1,024 MiB');
    expect(facts.Sent).toBe('a.py (900 B). No other file.');
  });

  it('says of the browser what was loaded, and what Stop does without shared memory', () => {
    const facts = (isolated: boolean): string =>
      browserChoice(place, isolated)
        .facts.map((fact) => fact.text)
        .join(' ');
    expect(facts(true)).toBe('Python 3.14.2, Engine 0.1.0, NumPy 2.4.3 8.2 MB in 2.1 s');
    expect(facts(false)).toContain('no shared memory');
    expect(
      browserChoice({ ...place, readiness: { state: 'lost', reason: 'crash', text: 'why' } }, true),
    ).toMatchObject({
      status: 'not available',
      about: 'why',
    });
  });
});
