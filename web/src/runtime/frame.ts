/**
 * The relay in the sandboxed frame, where no user code runs. It starts the worker, owns the memory
 * shared with it, and passes messages on; it ends a worker that floods it, since in Firefox and
 * Safari this thread is also the page's.
 *
 * It is built into one classic script and put into the frame as text (`?script`).
 */

import {
  ACKNOWLEDGED,
  MAILBOX,
  MAILBOX_BYTES,
  MAILBOX_START,
  SIGALRM,
  SIGINT,
  SIGNAL,
  TICK_MS,
  type Death,
  type FrameToPage,
  type FrameToWorker,
  type PageToFrame,
  type Parts,
  type WorkerToFrame,
} from './wire';

/** A well-behaved worker has a few batches on their way; one with so many ignores the credits. */
const MOST_BATCHES = 200;
const MOST_BYTES = 256 << 20;
/** Messages that nobody here has sent; a program may try its luck a few times. */
const MOST_JUNK = 100;
const MOST_BUFFERS = 10_000;

const shared = typeof SharedArrayBuffer === 'function' && crossOriginIsolated;

type Told = FrameToPage extends infer M
  ? M extends FrameToPage
    ? Omit<M, 'worker'>
    : never
  : never;

/** One worker and what it may still say. */
class Host {
  #worker: Worker | null = null;
  #phase: 'new' | 'booting' | 'idle' | 'busy' | 'dead' = 'new';
  /** Batches sent to the page and not taken yet, with their sizes. */
  #onTheWay: number[] = [];
  #bytes = 0;
  #junk = 0;
  #commands: string[] = [];
  #tick: ReturnType<typeof setInterval> | undefined;
  readonly #memory = shared ? new SharedArrayBuffer(MAILBOX_START + MAILBOX_BYTES) : null;
  readonly #words = this.#memory && new Int32Array(this.#memory, 0, MAILBOX_START / 4);
  readonly #signal = this.#memory && new Uint8Array(this.#memory, SIGNAL, 1);

  constructor(
    private readonly parts: Omit<Parts, 'wasm'>,
    private readonly module: WebAssembly.Module,
    private readonly tell: (message: Told) => void,
  ) {
    tell({ kind: 'starting', shared });
    this.#start(URL.createObjectURL(new Blob([parts.script], { type: 'text/javascript' })));
  }

  #start(url: string): void {
    let worker: Worker;
    try {
      worker = new Worker(url);
    } catch (error) {
      this.#die('boot', String(error));
      return;
    }
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#hear(data as WorkerToFrame);
    worker.onerror = (event) => {
      // Safari gives an opaque frame no blob worker under require-corp, but one from a data URL.
      if (this.#phase === 'new' && url.startsWith('blob:')) void this.#startFromData();
      else if (this.#phase === 'new' || this.#phase === 'booting') this.#die('boot', event.message);
    };
  }

  async #startFromData(): Promise<void> {
    this.#worker?.terminate();
    const reader = new FileReader();
    reader.onload = () => this.#phase === 'new' && this.#start(String(reader.result));
    reader.readAsDataURL(new Blob([this.parts.script], { type: 'text/javascript' }));
  }

  /** The worker's messages: nothing about them is certain but that they arrived. */
  #hear(message: WorkerToFrame): void {
    const kind: unknown = Object(message).kind;
    const phase = this.#phase;
    if (kind === 'alive' && phase === 'new') {
      this.#phase = 'booting';
      const { stdlib, numpy, engine } = this.parts;
      this.#post({
        kind: 'boot',
        wasm: this.module,
        stdlib,
        numpy,
        engine,
        shared: this.#memory,
      });
    } else if (kind === 'stage' && phase === 'booting') {
      this.tell(message as Told);
    } else if (kind === 'ready' && phase === 'booting') {
      this.#phase = 'idle';
      this.tell(message as Told);
      this.#deliver();
    } else if (kind === 'batch' && (phase === 'idle' || phase === 'busy')) {
      this.#relay(message as { json: unknown; buffers: unknown });
    } else if (kind === 'idle' && phase === 'busy') {
      this.#phase = 'idle';
      clearInterval(this.#tick);
      const { problem } = message as { problem: unknown };
      this.tell({ kind: 'idle', problem: String(problem).slice(0, 4096) });
      this.#takeBack();
      this.#deliver();
    } else if (kind === 'taken' && this.#commands.length) {
      this.#deliver();
    } else if (kind === 'fatal') {
      const { text } = message as { text: unknown };
      this.#die(phase === 'booting' ? 'boot' : 'crash', String(text).slice(0, 4096));
    } else if (kind !== 'taken' && ++this.#junk > MOST_JUNK) {
      this.#die('flood', '');
    }
  }

  #relay({ json, buffers }: { json: unknown; buffers: unknown }): void {
    const whole =
      typeof json === 'string' &&
      Array.isArray(buffers) &&
      buffers.length <= MOST_BUFFERS &&
      buffers.every((buffer) => buffer instanceof ArrayBuffer);
    if (!whole) {
      if (++this.#junk > MOST_JUNK) this.#die('flood', '');
      return;
    }
    const given = buffers as ArrayBuffer[];
    const size = given.reduce((sum, buffer) => sum + buffer.byteLength, json.length * 2);
    this.#onTheWay.push(size);
    this.#bytes += size;
    if (this.#onTheWay.length > MOST_BATCHES || this.#bytes > MOST_BYTES) this.#die('flood', '');
    else this.tell({ kind: 'batch', json, buffers: given });
  }

  run(json: string): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'busy';
    if (this.#signal) {
      // Cleared here and nowhere else: the worker would also clear a Stop meant for this run.
      Atomics.store(this.#signal, 0, 0);
      this.#tick = setInterval(
        (signal) => Atomics.compareExchange(signal, 0, 0, SIGALRM),
        TICK_MS,
        this.#signal,
      );
    }
    this.#post({ kind: 'command', json });
  }

  command(json: string): void {
    if (this.#phase === 'dead') return;
    this.#commands.push(json);
    this.#deliver();
  }

  /** Hand over what waits: an idle worker gets messages, a busy one finds a text in its mailbox. */
  #deliver(): void {
    if (this.#phase === 'idle') {
      for (const json of this.#commands.splice(0)) this.#post({ kind: 'command', json });
    } else if (this.#phase === 'busy' && this.#memory && this.#words) {
      if (!this.#commands.length || Atomics.load(this.#words, MAILBOX) !== 0) return;
      const bytes = new TextEncoder().encode(this.#commands.shift());
      if (bytes.length > MAILBOX_BYTES) return;
      new Uint8Array(this.#memory, MAILBOX_START).set(bytes);
      Atomics.store(this.#words, MAILBOX, bytes.length);
      Atomics.notify(this.#words, MAILBOX);
    }
  }

  /** A command that the program did not look at any more is for the worker that is idle now. */
  #takeBack(): void {
    if (!this.#memory || !this.#words) return;
    const length = Atomics.exchange(this.#words, MAILBOX, 0);
    if (length <= 0 || length > MAILBOX_BYTES) return;
    const bytes = new Uint8Array(this.#memory, MAILBOX_START, length).slice();
    this.#commands.unshift(new TextDecoder().decode(bytes));
  }

  interrupt(): void {
    if (!this.#signal || !this.#words || this.#phase !== 'busy') return;
    Atomics.store(this.#signal, 0, SIGINT);
    Atomics.notify(this.#words, MAILBOX);
  }

  acknowledge(count: number): void {
    for (const size of this.#onTheWay.splice(0, count)) this.#bytes -= size;
    if (this.#words) Atomics.add(this.#words, ACKNOWLEDGED, count);
  }

  #post(message: FrameToWorker): void {
    this.#worker?.postMessage(message);
  }

  #die(death: Death, text: string): void {
    this.end();
    this.tell({ kind: 'dead', death, text });
  }

  end(): void {
    this.#phase = 'dead';
    clearInterval(this.#tick);
    if (!this.#worker) return;
    this.#worker.onmessage = this.#worker.onerror = null;
    this.#worker.terminate();
    this.#worker = null;
  }
}

function serve(port: MessagePort): void {
  let parts: Omit<Parts, 'wasm'> | null = null;
  let module: WebAssembly.Module | null = null;
  let host: Host | null = null;
  let workers = 0;

  function start(): void {
    host?.end();
    if (!parts || !module) return;
    const worker = ++workers;
    host = new Host(parts, module, (message) => {
      const buffers = message.kind === 'batch' ? message.buffers : [];
      port.postMessage({ ...message, worker }, buffers);
    });
  }

  port.onmessage = async ({ data }: MessageEvent<PageToFrame>) => {
    switch (data.kind) {
      case 'load': {
        const { wasm, ...others } = data.parts;
        parts = others;
        try {
          module = await WebAssembly.compile(wasm);
        } catch (error) {
          port.postMessage({ kind: 'dead', death: 'boot', text: String(error), worker: 1 });
          return;
        }
        return start();
      }
      case 'replace':
        return start();
      case 'run':
        return host?.run(data.json);
      case 'command':
        return host?.command(data.json);
      case 'interrupt':
        return host?.interrupt();
      case 'acknowledge':
        return host?.acknowledge(data.count);
    }
  };
}

// The first message from the page brings the port; nobody else can have one.
addEventListener('message', function greet({ source, ports }) {
  if (source !== parent || !ports[0]) return;
  removeEventListener('message', greet);
  serve(ports[0]);
});
