import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Commands, type Desk } from '../../src/commands.svelte';
import type { Command, Event, State } from '../../src/protocol';
import type { Sink } from '../../src/runtime/runtime';
import { Backend } from '../../src/state/backend.svelte';
import { Cursor } from '../../src/state/cursor.svelte';
import { Run } from '../../src/state/run.svelte';
import { Selection } from '../../src/state/selection.svelte';
import { Settings } from '../../src/state/settings.svelte';
import { Workspace } from '../../src/state/workspace.svelte';

/** A runtime that keeps what it is told, and says what a test wants it to say. */
interface Spy {
  kind: 'browser' | 'server';
  sent: Command[];
  say: (run: string, event: Event) => void;
  disposed: boolean;
}

const made = vi.hoisted(() => ({ spies: [] as Spy[] }));

vi.mock('../../src/runtime/runtime', () => {
  const create = (kind: Spy['kind']) => (sink: Sink) => {
    const spy: Spy = {
      kind,
      sent: [],
      disposed: false,
      say: (run, event) => sink([{ run, seq: 0, event }]),
    };
    made.spies.push(spy);
    return {
      kind,
      start: () => {},
      send: (command: Command) => void spy.sent.push(command),
      dispose: () => void (spy.disposed = true),
    };
  };
  return { createBrowserRuntime: create('browser'), createServerRuntime: create('server') };
});

let desk: Desk;
let commands: Commands;

beforeEach(() => {
  made.spies.length = 0;
  desk = {
    workspace: new Workspace(),
    run: new Run(),
    cursor: new Cursor(),
    selection: new Selection(),
    settings: new Settings(),
    backends: { browser: new Backend('browser'), server: new Backend('server') },
    server: { base: 'http://127.0.0.1/', token: 'secret' },
  };
  desk.workspace.edit('print(1)');
  commands = new Commands(desk);
});

const spy = (): Spy => made.spies[0];
const types = (): string[] => spy().sent.map((command) => command.type);
const id = (): string => desk.run.program!.run;
const enter = (state: State, text = ''): void =>
  spy().say(id(), { type: 'state', state, reason: '', text, elapsed: 0, step: 0 });

describe('commands', () => {
  it('run the code as it stands, once, at the newest step', () => {
    desk.cursor.goTo(3);
    desk.selection.selectNode('x');
    commands.run();
    commands.run();
    expect(spy().sent).toEqual([
      { type: 'run', run: id(), code: 'print(1)', filename: 'main.py', record: 'light' },
    ]);
    expect([commands.mode, commands.started, desk.cursor.live, desk.selection.node]).toEqual([
      'starting',
      1,
      true,
      null,
    ]);
  });

  it('step: begin and hold, then one step after the other', () => {
    commands.step();
    expect(types()).toEqual(['run', 'pause']);
    enter('paused');
    commands.step();
    expect(spy().sent.at(-1)).toEqual({ type: 'resume', run: id(), steps: 1 });
    commands.run();
    expect(spy().sent.at(-1)).toEqual({ type: 'resume', run: id(), steps: 0 });
  });

  it.each<[State, string[]]>([
    ['running', ['run', 'pause', 'stop']],
    ['waiting', ['run', 'pause', 'stop']],
    ['paused', ['run', 'stop']],
    ['stopping', ['run']],
    ['finished', ['run']],
    ['lost', ['run']],
  ])('pause and stop while %s', (state, expected) => {
    commands.run();
    enter(state);
    commands.pause();
    commands.stop();
    expect(types()).toEqual(expected);
  });

  it('answer input() once, and show what was typed behind its prompt', () => {
    commands.run();
    enter('waiting', 'Name? ');
    commands.answer('Ada');
    enter('running');
    commands.answer('late');
    expect(types()).toEqual(['run', 'input']);
    expect(desk.run.console.lines.map((line) => line.text)).toEqual(['Name? Ada']);
  });

  it('leave the place of a run alone while it goes on', () => {
    commands.run();
    commands.choose('server');
    expect(desk.settings.backend).toBe('browser');
    enter('finished');
    commands.choose('server');
    expect(made.spies.map((each) => each.kind)).toEqual(['browser', 'server']);
    commands.run();
    expect(made.spies[1].sent.map((command) => command.type)).toEqual(['run']);
  });

  it('ask for values where the run was, though another place is chosen now', () => {
    commands.run();
    enter('finished');
    commands.choose('server');
    const request = commands.inspect(7, 'node');
    expect(spy().sent.at(-1)).toEqual({
      type: 'inspect',
      run: id(),
      request,
      step: 7,
      node: 'node',
    });
  });

  it('make a lost backend anew', () => {
    commands.warm();
    commands.restart('browser');
    expect([made.spies.length, spy().disposed]).toEqual([2, true]);
    expect(desk.backends.browser.readiness.state).toBe('loading');
  });
});

describe('events', () => {
  const output = (text: string): Event => ({ type: 'output', stream: 'stdout', text });

  it('of no run are the backend’s, of another run nobody’s', () => {
    commands.run();
    spy().say('', { type: 'state', state: 'ready', reason: '', text: '', elapsed: 0, step: 0 });
    spy().say('an older run', output('old'));
    spy().say(id(), output('new'));
    expect(desk.backends.browser.readiness.state).toBe('ready');
    expect(desk.run.status.state).toBe('loading');
    expect(desk.run.console.lines.map((line) => line.text)).toEqual(['new']);
  });

  it('come only from the place where the run is', () => {
    commands.run();
    commands.warm('server');
    made.spies[1].say(id(), output('forged'));
    expect(desk.run.console.lines).toEqual([]);
  });
});
