/** Runs programs on the server that this page came from, or on one that it was given. */

import * as v from 'valibot';
import type { Command, Event, Run } from '../protocol';
import { checkEnvelope, inBase64, isEnd, refusal, stateEvent } from './envelope';
import type { Runtime, Sink } from './runtime';
import { EventParser } from './sse';

export interface ServerAddress {
  /** The address below which `api/` is. */
  base: string;
  token: string;
}

/** Waits between attempts to go on with a stream; after the last one the run counts as lost. */
const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];
/** The server sends a comment every 15 s where nothing happens. */
const SILENCE_MS = 45_000;
/** One event as text; the largest graph that the protocol allows is smaller. */
const MOST_CHARACTERS = 256 << 20;

const Health = v.object({
  python: v.pipe(v.string(), v.maxLength(512)),
  engine: v.pipe(v.string(), v.maxLength(512)),
  array: v.pipe(v.string(), v.maxLength(512)),
  devices: v.pipe(v.array(v.pipe(v.string(), v.maxLength(512))), v.maxLength(64)),
  enabled: v.boolean(),
  unsafe: v.boolean(),
  authorized: v.boolean(),
  sandbox: v.object({ why: v.string(), advice: v.string() }),
});
const Started = v.object({ id: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)) });
const Failure = v.object({ error: v.object({ message: v.pipe(v.string(), v.maxLength(4096)) }) });

/** The server answered, and the answer is no; the message is a sentence for the user. */
class Refused extends Error {}

/** One run: `id` is the page's name for it, the server has its own. */
interface Current {
  id: string;
  /** The server's name, once it has been taken in. */
  there: Promise<string | null>;
  /** Number of the next event. */
  seq: number;
  over: boolean;
  refused: boolean;
  abort: AbortController;
  /** Commands go one after the other. */
  sent: Promise<unknown>;
}

class ServerRuntime implements Runtime {
  readonly kind = 'server';
  #current: Current | null = null;
  #disposed = false;
  readonly #leave = (event: PageTransitionEvent): void => {
    if (!event.persisted) this.#forget();
  };

  constructor(
    private readonly sink: Sink,
    private readonly address: ServerAddress,
  ) {
    // A program that nobody can watch any more would only keep the server busy.
    addEventListener('pagehide', this.#leave);
  }

  start(): void {
    this.#emit('', 0, stateEvent('loading'));
    void this.#greet();
  }

  send(command: Command): void {
    const current = this.#current;
    if (command.type === 'run') this.#begin(command);
    else if (current?.id === command.run)
      current.sent = current.sent.then(() => this.#command(current, command));
  }

  dispose(): void {
    this.#forget();
    this.#disposed = true;
    removeEventListener('pagehide', this.#leave);
  }

  async #greet(): Promise<void> {
    const lost = (reason: 'unreachable' | 'refused', text: string): void =>
      this.#emit('', 0, stateEvent('lost', { reason, text }));
    let answer: unknown;
    try {
      answer = await this.#json('api/health');
    } catch (error) {
      const sentence = 'The server does not answer: start it (make play), then try again.';
      return lost('unreachable', error instanceof Refused ? error.message : sentence);
    }
    const health = v.safeParse(Health, answer);
    if (!health.success)
      return lost('refused', 'What answers at this address is no Backlight server.');
    const { python, engine, array, devices, enabled, unsafe, authorized, sandbox } = health.output;
    if (!enabled)
      return lost(
        'refused',
        `${sandbox.why} ${sandbox.advice}`.trim() || 'The server runs no programs.',
      );
    if (!authorized)
      return lost(
        'refused',
        'This page has no token for the server: open the address that the server printed when it started.',
      );
    const device = devices[0] ?? 'cpu';
    this.#emit('', 0, { type: 'environment', python, engine, array, device, record: 'off' });
    const text = unsafe ? 'Programs run on the server without a sandbox.' : '';
    this.#emit('', 0, stateEvent('ready', { text }));
  }

  // Runs ------------------------------------------------------------------------------------

  #begin(command: Run): void {
    this.#forget();
    const { run: id, code, filename, record } = command;
    const current: Current = {
      id,
      there: Promise.resolve(null),
      seq: 0,
      over: false,
      refused: false,
      abort: new AbortController(),
      sent: Promise.resolve(),
    };
    current.there = this.#json('api/runs', { code, filename, record })
      .then((answer) => v.parse(Started, answer).id)
      .catch((error: unknown) => {
        this.#fail(current, error);
        return null;
      });
    current.sent = current.there;
    this.#current = current;
    void this.#watch(current);
  }

  async #command(current: Current, command: Exclude<Command, Run>): Promise<void> {
    const there = await current.there;
    if (!there) return;
    const { run: _, ...body } = command;
    try {
      await this.#json(`api/runs/${there}/commands`, body);
    } catch (error) {
      // A program that has ended meanwhile needs no Stop. A cut connection is the stream's matter.
      if (error instanceof Refused && command.type !== 'stop') this.#say(current, error.message);
    }
  }

  /** End the program, and let the server forget it. */
  #forget(): void {
    const current = this.#current;
    this.#current = null;
    if (!current) return;
    current.abort.abort();
    void current.there.then((there) => {
      if (there)
        void this.#fetch(`api/runs/${there}`, { method: 'DELETE', keepalive: true }).catch(
          () => {},
        );
    });
  }

  /** Read the run's events to their end; a cut stream goes on where it was. */
  async #watch(current: Current): Promise<void> {
    const there = await current.there;
    if (!there) return;
    for (let failures = 0; !current.abort.signal.aborted;) {
      const before = current.seq;
      try {
        if (await this.#stream(current, there)) return;
        failures = 0;
      } catch (error) {
        if (current.abort.signal.aborted) return;
        if (error instanceof Refused) return this.#fail(current, error);
        failures = current.seq > before ? 1 : failures + 1;
        if (failures > BACKOFF_MS.length) return this.#fail(current, error);
      }
      await new Promise((resolve) => setTimeout(resolve, BACKOFF_MS[Math.max(0, failures - 1)]));
    }
  }

  /** Read one stream; true where it was the last. */
  async #stream(current: Current, there: string): Promise<boolean> {
    const abort = new AbortController();
    const end = (): void => abort.abort();
    current.abort.signal.addEventListener('abort', end);
    let silence = setTimeout(end, SILENCE_MS);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (current.seq) headers['Last-Event-ID'] = String(current.seq - 1);
      const response = await this.#fetch(`api/runs/${there}/events`, {
        headers,
        signal: abort.signal,
      });
      if (!response.ok) throw await refusedBy(response);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventParser(MOST_CHARACTERS);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE_MS);
        const events = parser.push(part.value);
        this.#take(
          current,
          events.filter(({ event }) => event === 'message').map(({ data }) => data),
        );
        if (events.some(({ event }) => event === 'end')) return true;
      }
      return false;
    } finally {
      clearTimeout(silence);
      current.abort.signal.removeEventListener('abort', end);
    }
  }

  #take(current: Current, texts: string[]): void {
    const batch = [];
    for (const text of texts) {
      const envelope = checkEnvelope(parse(text), inBase64);
      if (envelope && envelope.seq < current.seq) continue; // seen before the stream was cut
      const event: Event | null =
        envelope && envelope.event.type !== 'loading' ? envelope.event : null;
      const seq = envelope?.seq ?? current.seq;
      current.seq = seq + 1;
      if (event) {
        current.over ||= isEnd(event);
        batch.push({ run: current.id, seq, event });
      } else if (!current.refused) {
        current.refused = true;
        batch.push({ run: current.id, seq, event: refusal(1) });
      }
    }
    if (batch.length && this.#current === current && !this.#disposed) this.sink(batch);
  }

  /** The run is lost to this page, unless it was over already. */
  #fail(current: Current, error: unknown): void {
    if (current.over || this.#current !== current) return;
    current.over = true;
    const refused = error instanceof Refused;
    const text = refused
      ? error.message
      : 'The connection to the server was lost. The program may still run there.';
    const reason = refused ? 'refused' : 'unreachable';
    this.#emit(current.id, current.seq++, stateEvent('lost', { reason, text }));
  }

  #say(current: Current, text: string): void {
    if (this.#current !== current) return;
    // It is no event of the server's, so it takes none of its numbers.
    this.#emit(current.id, current.seq, { type: 'output', stream: 'stderr', text: `${text}\n` });
  }

  #emit(run: string, seq: number, event: Event): void {
    if (!this.#disposed) this.sink([{ run, seq, event }]);
  }

  // The server ------------------------------------------------------------------------------

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.address.token) headers.set('Authorization', `Bearer ${this.address.token}`);
    // No cookie goes along: whoever has the token may, and nobody else.
    return fetch(new URL(path, this.address.base), {
      ...init,
      headers,
      cache: 'no-store',
      credentials: 'omit',
    });
  }

  /** Ask and read a JSON answer; throws Refused where the server says no. */
  async #json(path: string, body?: object): Promise<unknown> {
    const init: RequestInit = body
      ? {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }
      : {};
    const response = await this.#fetch(path, init);
    if (!response.ok) throw await refusedBy(response);
    return parse(await response.text());
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function refusedBy(response: Response): Promise<Refused> {
  const failure = v.safeParse(Failure, parse(await response.text().catch(() => '')));
  return new Refused(
    failure.success ? failure.output.error.message : `The server answered ${response.status}.`,
  );
}

export function createServerRuntime(sink: Sink, address: ServerAddress): Runtime {
  return new ServerRuntime(sink, address);
}
