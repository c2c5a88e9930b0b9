/** Runs programs in this browser: in a worker, inside a frame that can reach nothing. */

import type { Command, Event, Run } from '../protocol';
import { AssetError, loadParts } from './assets';
import { inBuffers, isEnd, readBatch, refusal, stateEvent } from './envelope';
import frameScript, { source } from './frame.ts?script';
import type { Envelope, Runtime, Sink } from './runtime';
import type { FrameToPage, PageToFrame } from './wire';

/** How long a program has to react to Stop before its interpreter is replaced. */
const STOP_MS = 1000;
/** How long the frame, where nothing slow runs, has to answer. */
const FRAME_MS = 5000;
/** In a hidden page no frame is drawn; batches are taken after this time instead. */
const UNDRAWN_MS = 250;

const FRAME =
  '<!doctype html><meta charset=utf-8><meta http-equiv="Content-Security-Policy" content="' +
  `default-src 'none'; script-src ${source} 'wasm-unsafe-eval'; worker-src blob: data:; ` +
  `base-uri 'none'; form-action 'none'"><script>${frameScript}</script>`;

const SAID = {
  replaced: 'The program did not react to Stop, so its Python was replaced.',
  ended: 'The program was stopped. Without shared memory that takes a fresh Python.',
  flood: 'The program sent more messages than the page can take, so it was ended.',
  silent: 'The program ended without saying how.',
  unshared: 'A program cannot be paused here: this page has no shared memory.\n',
} as const;

/** The run that the worker has, or had last: it still answers `inspect`. */
interface Current {
  id: string;
  /** Number of the next event; what the page itself adds is counted, too. */
  seq: number;
  over: boolean;
  stopping: boolean;
  complained: boolean;
  elapsed: number;
  step: number;
}

type Timer = ReturnType<typeof setTimeout>;

/** What is said after a crash; browsers differ in how much they say about it. */
function crashText(cause: string): string {
  const why = cause && cause !== 'Error' ? ` (${cause})` : '';
  return `The program crashed Python itself${why}. Your code is kept, and a fresh Python is starting.`;
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0].slice(0, 300);

class BrowserRuntime implements Runtime {
  readonly kind = 'browser';
  #phase: 'off' | 'loading' | 'ready' | 'busy' | 'lost' | 'disposed' = 'off';
  #frame: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  /** The worker we listen to, as the frame counts them. */
  #worker = 0;
  #shared = true;
  #current: Current | null = null;
  #pending: Run | null = null;
  /** Commands for the pending run. */
  #later: Command[] = [];
  #stopTimer: Timer | undefined;
  #frameTimer: Timer | undefined;
  #untaken = 0;

  constructor(private readonly sink: Sink) {}

  start(): void {
    if (this.#phase === 'off' || this.#phase === 'lost') void this.#load();
  }

  send(command: Command): void {
    if (command.type === 'run') {
      this.#pending = command;
      this.#later = [];
      if (this.#phase === 'ready') this.#begin();
      else if (this.#phase === 'busy') this.#stop();
      else this.start();
    } else if (command.run === this.#pending?.run) {
      if (command.type !== 'stop') this.#later.push(command);
      else {
        this.#pending = null;
        this.#emit(command.run, 0, stateEvent('stopped', { reason: 'user' }));
      }
    } else if (command.run === this.#current?.id) {
      if (command.type === 'stop') this.#stop();
      else if (command.type === 'pause' && !this.#shared)
        this.#add({ type: 'output', stream: 'stderr', text: SAID.unshared });
      else if (this.#phase === 'busy' || this.#phase === 'ready')
        this.#post({ kind: 'command', json: JSON.stringify(command) });
    }
  }

  dispose(): void {
    this.#phase = 'disposed';
    this.#remove();
  }

  // The frame -------------------------------------------------------------------------------

  async #load(): Promise<void> {
    this.#remove();
    this.#phase = 'loading';
    this.#emit('', 0, stateEvent('loading'));
    const frame = this.#makeFrame();
    try {
      const [parts, port] = await Promise.all([
        loadParts(new URL('runtime/', document.baseURI), (stage, loaded, total) => {
          if (this.#frame === frame) this.#emit('', 0, { type: 'loading', stage, loaded, total });
        }),
        this.#open(frame),
      ]);
      if (this.#frame !== frame) return;
      this.#port = port;
      this.#worker = 1;
      // What was transferred is gone here: the frame keeps it for the workers to come.
      this.#post({ kind: 'load', parts }, Object.values(parts) as ArrayBuffer[]);
      this.#expectFrame();
    } catch (error) {
      if (this.#frame !== frame) return;
      if (!(error instanceof AssetError)) throw error;
      this.#lose('unreachable', error.message);
    }
  }

  #makeFrame(): HTMLIFrameElement {
    const frame = document.createElement('iframe');
    frame.hidden = true;
    frame.title = 'Where programs run';
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.setAttribute('allow', 'cross-origin-isolated *');
    frame.srcdoc = FRAME;
    this.#frame = frame;
    return frame;
  }

  /** Put the frame into the page and open the one port to it. */
  #open(frame: HTMLIFrameElement): Promise<MessagePort> {
    return new Promise((resolve) => {
      frame.onload = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => this.#hear(data as FrameToPage);
        // The browser ends the frame's process when it runs out of memory.
        port1.addEventListener('close', () => this.#port === port1 && this.#frameDied());
        frame.contentWindow?.postMessage(null, '*', [port2]);
        resolve(port1);
      };
      document.body.append(frame);
    });
  }

  #remove(): void {
    clearTimeout(this.#stopTimer);
    clearTimeout(this.#frameTimer);
    this.#port?.close();
    this.#frame?.remove();
    this.#port = this.#frame = null;
    this.#untaken = 0;
  }

  #expectFrame(): void {
    clearTimeout(this.#frameTimer);
    this.#frameTimer = setTimeout(() => this.#frameDied(), FRAME_MS);
  }

  #frameDied(): void {
    if (this.#phase === 'disposed') return;
    this.#end(stateEvent('lost', { reason: 'crash', text: crashText('') }));
    void this.#load();
  }

  #post(message: PageToFrame, transfer: Transferable[] = []): void {
    this.#port?.postMessage(message, transfer);
  }

  #hear(message: FrameToPage): void {
    if (message.worker !== this.#worker || this.#phase === 'disposed') return;
    switch (message.kind) {
      case 'starting':
        clearTimeout(this.#frameTimer);
        this.#shared = message.shared;
        return;
      case 'stage':
        this.#emit('', 0, { type: 'loading', stage: message.stage, loaded: 0, total: 0 });
        return;
      case 'ready': {
        const { python, engine, array } = message.versions;
        const device = 'cpu';
        this.#emit('', 0, { type: 'environment', python, engine, array, device, record: 'off' });
        this.#emit('', 0, stateEvent('ready'));
        return this.#idle();
      }
      case 'batch':
        this.#takeLater();
        return this.#read(message.json, message.buffers);
      case 'idle': {
        const { stopping } = this.#current ?? {};
        const text = message.problem ? firstLine(message.problem) : SAID.silent;
        this.#end(
          stopping
            ? stateEvent('stopped', { reason: 'user' })
            : stateEvent('lost', { reason: 'crash', text }),
        );
        return this.#idle();
      }
      case 'dead':
        clearTimeout(this.#frameTimer);
        return this.#died(message.death, firstLine(message.text));
      default:
        message satisfies never;
    }
  }

  #died(death: 'boot' | 'crash' | 'flood', text: string): void {
    if (death === 'boot') {
      this.#lose('crash', `Python could not be started in this browser: ${text}`);
      return;
    }
    if (death === 'flood') this.#end(stateEvent('stopped', { reason: 'events', text: SAID.flood }));
    else this.#end(stateEvent('lost', { reason: 'crash', text: crashText(text) }));
    this.#replace();
  }

  #lose(reason: 'crash' | 'unreachable', text: string): void {
    this.#remove();
    this.#phase = 'lost';
    this.#emit('', 0, stateEvent('lost', { reason, text }));
    if (this.#pending) this.#emit(this.#pending.run, 0, stateEvent('lost', { reason, text }));
    this.#pending = null;
  }

  // Runs ------------------------------------------------------------------------------------

  #idle(): void {
    this.#phase = 'ready';
    if (this.#pending) this.#begin();
  }

  #begin(): void {
    const command = this.#pending;
    if (!command) return;
    const later = this.#later;
    this.#pending = null;
    this.#later = [];
    this.#phase = 'busy';
    this.#current = {
      id: command.run,
      seq: 0,
      over: false,
      stopping: false,
      complained: false,
      elapsed: 0,
      step: 0,
    };
    this.#post({ kind: 'run', json: JSON.stringify(command) });
    for (const next of later) this.send(next);
  }

  #stop(): void {
    const current = this.#current;
    if (!current || this.#phase !== 'busy' || current.stopping) return;
    current.stopping = true;
    if (!current.over) {
      const { elapsed, step } = current;
      this.#add(stateEvent('stopping', { elapsed, step }));
    }
    if (!this.#shared) return this.#force(SAID.ended);
    this.#post({ kind: 'interrupt' });
    this.#stopTimer = setTimeout(() => this.#force(SAID.replaced), STOP_MS);
  }

  #force(text: string): void {
    this.#end(stateEvent('stopped', { reason: 'replaced', text }));
    this.#replace();
  }

  #replace(): void {
    this.#phase = 'loading';
    this.#worker++;
    this.#emit('', 0, stateEvent('loading'));
    this.#post({ kind: 'replace' });
    this.#expectFrame();
  }

  /** The run is over; `event` is how, where the program itself has not said so. */
  #end(event: Event): void {
    clearTimeout(this.#stopTimer);
    const current = this.#current;
    if (!current || current.over) return;
    if (event.type === 'state') {
      event.elapsed = current.elapsed;
      event.step = current.step;
    }
    this.#add(event);
    current.over = true;
  }

  #read(json: string, buffers: ArrayBuffer[]): void {
    const current = this.#current;
    if (!current) return;
    const { batch, refused } = readBatch(json, inBuffers(buffers));
    const events: Event[] = [];
    let left = refused;
    for (const { run, event } of batch) {
      // Only the runtime itself may speak of loading, and nobody once the run is over.
      const wrong = run !== current.id || event.type === 'loading';
      if (wrong || (current.over && event.type === 'state')) left++;
      else {
        events.push(event);
        this.#note(current, event);
      }
    }
    if (left && !current.complained) {
      current.complained = true;
      events.push(refusal(left));
    }
    const envelopes = events.map((event) => ({ run: current.id, seq: current.seq++, event }));
    if (envelopes.length) this.sink(envelopes);
  }

  #note(current: Current, event: Event): void {
    if (event.type !== 'state' && event.type !== 'progress') return;
    current.elapsed = event.elapsed;
    current.step = event.step;
    if (isEnd(event)) current.over = true;
  }

  /** Tell the frame that a batch was taken, once what it changed has been drawn. */
  #takeLater(): void {
    if (this.#untaken++) return;
    const take = (): void => {
      cancelAnimationFrame(drawn);
      clearTimeout(late);
      const count = this.#untaken;
      this.#untaken = 0;
      if (count) this.#post({ kind: 'acknowledge', count });
    };
    const drawn = requestAnimationFrame(take);
    const late = setTimeout(take, UNDRAWN_MS);
  }

  /** An event of the page's own in the current run. */
  #add(event: Event): void {
    if (this.#current) this.#emit(this.#current.id, this.#current.seq++, event);
  }

  #emit(run: string, seq: number, event: Event): void {
    if (this.#phase !== 'disposed') this.sink([{ run, seq, event } satisfies Envelope]);
  }
}

export function createBrowserRuntime(sink: Sink): Runtime {
  return new BrowserRuntime(sink);
}
