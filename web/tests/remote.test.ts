import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command, Event } from '../src/protocol';
import { stateEvent } from '../src/runtime/envelope';
import { createServerRuntime } from '../src/runtime/remote';
import type { Envelope, Runtime } from '../src/runtime/runtime';

interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}
/** Waits long enough for a machine that does other things, too. */
const until = (check: () => unknown): Promise<unknown> => vi.waitUntil(check, { timeout: 20_000 });

type Answer = Response | Error | ((signal?: AbortSignal | null) => Response);

const HEALTH = {
  python: '3.13.0',
  engine: '0.1.0',
  array: 'NumPy 2.4.3',
  devices: ['cpu'],
  enabled: true,
  unsafe: false,
  authorized: true,
  sandbox: { why: '', advice: '' },
};
const RUN: Command = {
  type: 'run',
  run: 'mine',
  code: 'x',
  filename: 'main.py',
  record: 'light',
};
const output = (text: string): Event => ({ type: 'output', stream: 'stdout', text });
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const message = (seq: number, event: Event | object) =>
  `id: ${seq}\ndata: ${JSON.stringify({ run: 'theirs', seq, event })}\n\n`;
const END = 'event: end\ndata: {}\n\n';

/** A stream that sends these pieces and then ends, breaks, or stays open. */
function stream(pieces: string[], then: 'end' | 'break' | 'stay' = 'end'): Answer {
  return (signal) => {
    const left = [...pieces];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
        else if (then === 'end') controller.close();
        else if (then === 'break') controller.error(new TypeError('network'));
        else
          return new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(signal.reason)),
          );
      },
    });
    return new Response(body);
  };
}

let asked: Asked[];
let answers: Record<string, Answer[]>;
let said: Envelope[];
let runtime: Runtime;

/** Answer requests to `route` in turn; the last answer stays. */
function answer(route: string, ...given: Answer[]): void {
  answers[route] = given;
}

const events = (run: string) => said.filter((one) => one.run === run).map(({ event }) => event);
const states = (run: string) =>
  events(run).flatMap((event) => (event.type === 'state' ? [event.state] : []));
const paths = () => asked.map(({ method, path }) => `${method} ${path}`);

beforeEach(() => {
  asked = [];
  answers = {};
  said = [];
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', vi.fn());
  vi.stubGlobal('removeEventListener', vi.fn());
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit = {}) => {
    const method = init.method ?? 'GET';
    const path = url.pathname;
    asked.push({
      method,
      path,
      headers: new Headers(init.headers),
      body: init.body ? JSON.parse(String(init.body)) : undefined,
    });
    const given = answers[`${method} ${path}`] ?? [new TypeError('no such route')];
    const next = given.length > 1 ? given.shift()! : given[0];
    const made = typeof next === 'function' ? next(init.signal) : next;
    if (made instanceof Error) throw made;
    return made.clone();
  });
  answer('POST /api/runs', json({ id: 'theirs', queued: 0 }, 201));
  answer('DELETE /api/runs/theirs', new Response(null, { status: 204 }));
  const address = { base: 'http://127.0.0.1:8765/#x', token: 'secret' };
  runtime = createServerRuntime((batch) => said.push(...batch), address);
});

afterEach(() => {
  runtime.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('start', () => {
  it('tells what the server is', async () => {
    answer('GET /api/health', json(HEALTH));
    runtime.start();
    await until(() => states('').length === 2);
    expect(states('')).toEqual(['loading', 'ready']);
    expect(events('')[1]).toMatchObject({ type: 'environment', python: '3.13.0', device: 'cpu' });
    expect(asked[0].headers.get('Authorization')).toBe('Bearer secret');
  });

  it.each<[string, Answer, string, RegExp]>([
    ['is away', new TypeError('refused'), 'unreachable', /^The server does not answer: start it/],
    ['is another', json({ hello: 1 }), 'refused', /no Backlight server/],
    ['is broken', new Response('<h1>', { status: 502 }), 'unreachable', /answered 502/],
    ['knows another token', json({ ...HEALTH, authorized: false }), 'refused', /has no token/],
    [
      'has no sandbox',
      json({ ...HEALTH, enabled: false, sandbox: { why: 'No bwrap.', advice: 'Install it.' } }),
      'refused',
      /^No bwrap\. Install it\.$/,
    ],
  ])('says in a sentence that the server %s', async (_, health, reason, text) => {
    answer('GET /api/health', health);
    runtime.start();
    await until(() => states('').length === 2);
    const lost = { type: 'state', state: 'lost', reason, text: expect.stringMatching(text) };
    expect(events('').at(-1)).toMatchObject(lost);
  });

  it('says that programs are not confined', async () => {
    answer('GET /api/health', json({ ...HEALTH, unsafe: true }));
    runtime.start();
    await until(() => states('').length === 2);
    expect(events('').at(-1)).toMatchObject({ state: 'ready', text: /without a sandbox/ });
  });
});

describe('a run', () => {
  const FINISHED = [message(0, output('a')), message(1, stateEvent('finished')), END];

  it('is sent as the protocol has it, and its events come under its own name', async () => {
    answer('GET /api/runs/theirs/events', stream(FINISHED));
    runtime.send(RUN);
    await until(() => said.length === 2);
    expect(asked[0].body).toEqual({ code: 'x', filename: 'main.py', record: 'light' });
    expect(said).toEqual([
      { run: 'mine', seq: 0, event: output('a') },
      { run: 'mine', seq: 1, event: stateEvent('finished') },
    ]);
  });

  it.each(['end', 'break'] as const)('goes on after a stream that %ss', async (how) => {
    const first = [message(0, output('a')), message(1, output('b')), 'id: 2\ndata: {"run"'];
    const again = [
      message(1, output('b')),
      message(2, output('c')),
      message(3, stateEvent('finished')),
      END,
    ];
    answer(
      'GET /api/runs/theirs/events',
      stream(first, how),
      new TypeError('network'),
      stream(again),
    );
    runtime.send(RUN);
    await until(() => states('mine').includes('finished'));
    expect(said.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(asked.map(({ headers }) => headers.get('Last-Event-ID'))).toEqual([
      null,
      null,
      '1',
      '1',
    ]);
  });

  it('is asked for again when the stream says nothing for long', async () => {
    answer(
      'GET /api/runs/theirs/events',
      stream([message(0, output('a'))], 'stay'),
      stream(FINISHED),
    );
    runtime.send(RUN);
    await until(() => said.length === 1);
    await vi.advanceTimersByTimeAsync(46_000);
    await until(() => states('mine').includes('finished'));
  });

  it('is lost when the server stays away', async () => {
    answer('GET /api/runs/theirs/events', new TypeError('network'));
    runtime.send(RUN);
    await until(() => asked.length > 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([
      {
        run: 'mine',
        seq: 0,
        event: stateEvent('lost', { reason: 'unreachable', text: expect.any(String) }),
      },
    ]);
    expect(paths().filter((path) => path.includes('events'))).toHaveLength(7);
  });

  it.each([
    [401, 'The token is wrong.'],
    [503, 'Too many runs are waiting.'],
  ])('that the server refuses with %i is lost with its sentence', async (status, text) => {
    answer('POST /api/runs', json({ error: { status, code: 'c', message: text } }, status));
    runtime.send(RUN);
    await until(() => said.length === 1);
    expect(said[0].event).toEqual(stateEvent('lost', { reason: 'refused', text }));
  });

  it('shows once that messages broke the protocol, and goes on', async () => {
    const bad = [message(0, { type: 'html' }), message(1, { type: 'html' })];
    answer('GET /api/runs/theirs/events', stream([...bad, message(2, output('a')), END]));
    runtime.send(RUN);
    await until(() => said.length === 2);
    expect(events('mine')).toEqual([
      expect.objectContaining({ stream: 'stderr', text: expect.stringContaining('left out') }),
      output('a'),
    ]);
  });

  it('takes commands in order, also before the server knows it', async () => {
    answer('GET /api/runs/theirs/events', stream([], 'stay'));
    answer('POST /api/runs/theirs/commands', json({}, 202));
    runtime.send(RUN);
    runtime.send({ type: 'pause', run: 'mine' });
    runtime.send({ type: 'resume', run: 'mine', steps: 1 });
    runtime.send({ type: 'stop', run: 'another' });
    await until(() => asked.length === 4);
    expect(asked.filter(({ path }) => path.endsWith('commands')).map(({ body }) => body)).toEqual([
      { type: 'pause' },
      { type: 'resume', steps: 1 },
    ]);
  });

  it('is forgotten with the page', async () => {
    answer('GET /api/runs/theirs/events', stream([message(0, output('a'))], 'stay'));
    runtime.send(RUN);
    await until(() => said.length === 1);
    runtime.dispose();
    await until(() => paths().includes('DELETE /api/runs/theirs'));
  });
});
