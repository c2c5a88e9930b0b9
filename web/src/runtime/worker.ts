/**
 * The worker in which programs run: starts Python without any network, and connects
 * `backlight.session` to the frame. What a run is, is written in Python.
 *
 * It is built into one classic script and put behind Pyodide's two files in one text (assets.ts),
 * which has defined `loadPyodide` and `createPyodideModule`.
 */

import {
  ACKNOWLEDGED,
  CREDITS,
  MAILBOX,
  MAILBOX_BYTES,
  MAILBOX_START,
  SIGNAL,
  type Boot,
  type FrameToWorker,
  type WorkerToFrame,
} from './wire';

interface Buffer {
  data: Uint8Array;
  release(): void;
}

interface PyProxy {
  destroy(): void;
  getBuffer(type: 'u8'): Buffer;
}

interface PySequence extends PyProxy {
  length: number;
  get(index: number): PyProxy;
}

interface Session extends PyProxy {
  /** Carry out one command; for `run` that is until the program has ended. */
  command(json: string): unknown;
}

interface Pyodide {
  _api: { on_fatal: (error: unknown) => void };
  _module: {
    _emscripten_stack_get_base(): number;
    _PyThreadState_Get(): number;
    _PyUnstable_ThreadState_SetStackProtection(state: number, start: number, size: number): number;
  };
  checkInterrupt(): void;
  pyimport(name: string): { start(channel: object): Session };
  runPython(code: string): unknown;
  setInterruptBuffer(buffer: ArrayLike<number>): void;
  unpackArchive(bytes: ArrayBuffer, format: string, options: { extractDir: string }): void;
}

declare function loadPyodide(options: object): Promise<Pyodide>;
declare const createPyodideModule: unknown;

const SITE_PACKAGES = '/lib/python3.14/site-packages';

/**
 * Python thinks it has 10 MB of stack and the browser gives 1: with this limit runaway recursion
 * ends in RecursionError instead of killing the interpreter.
 */
const STACK = 128 * 1024;

/** How long a wait lasts until signals are looked at. */
const SLICE_MS = 50;
/** Without shared memory nobody can say what the page has taken; it keeps up with this. */
const BLIND_MS = 50;

const NO_WAITING =
  'This page has no shared memory, so a program cannot wait for input here. ' +
  'Open the page at its own address, or run on the server.';

const scope = self as unknown as {
  postMessage(message: WorkerToFrame, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<FrameToWorker>) => void) | null;
};
// The program can replace what is global; these are the real ones.
const post = scope.postMessage.bind(scope);
const now = performance.now.bind(performance);

/** What `backlight.session` talks to. */
function makeChannel(python: Pyodide, shared: SharedArrayBuffer | null): object {
  const words = shared && new Int32Array(shared, 0, MAILBOX_START / 4);
  const nothing = shared && new Int32Array(new SharedArrayBuffer(4));
  let sent = 0;
  let lastSent = 0;
  let waiting = false;

  function take(): string | undefined {
    const length = words ? Atomics.load(words, MAILBOX) : 0;
    if (!words || !shared || length <= 0 || length > MAILBOX_BYTES) return undefined;
    const text = new TextDecoder().decode(new Uint8Array(shared, MAILBOX_START, length).slice());
    Atomics.store(words, MAILBOX, 0);
    post({ kind: 'taken' });
    return text;
  }

  return {
    post(json: string, arrays: PySequence): void {
      const buffers: ArrayBuffer[] = [];
      for (let i = 0; i < arrays.length; i++) {
        const array = arrays.get(i);
        const bytes = array.getBuffer('u8');
        buffers.push(bytes.data.slice().buffer as ArrayBuffer);
        bytes.release();
        array.destroy();
      }
      sent = (sent + 1) | 0;
      lastSent = now();
      post({ kind: 'batch', json, buffers }, buffers);
    },

    credit(): boolean {
      if (!words) return now() - lastSent >= BLIND_MS;
      return ((sent - Atomics.load(words, ACKNOWLEDGED)) | 0) < CREDITS;
    },

    /**
     * The next command as JSON, undefined when none came in time; without a time it waits for ever.
     * (Python's None is undefined: null would arrive there as something else.)
     */
    receive(timeout: number | undefined): string | undefined {
      if (timeout === 0) return waiting ? undefined : take();
      if (!words) throw new Error(NO_WAITING);
      const end = timeout === undefined ? Infinity : now() + timeout;
      // A signal handler that runs in here must not take the command that is waited for.
      waiting = true;
      try {
        for (;;) {
          const text = take();
          if (text !== undefined) return text;
          const left = end - now();
          if (left <= 0) return undefined;
          Atomics.wait(words, MAILBOX, 0, Math.min(left, SLICE_MS));
          python.checkInterrupt();
        }
      } finally {
        waiting = false;
      }
    },

    sleep(ms: number): void {
      const end = now() + ms;
      for (let left = ms; left > 0; left = end - now()) {
        if (nothing) Atomics.wait(nothing, 0, 0, Math.min(left, SLICE_MS));
        python.checkInterrupt();
      }
    },
  };
}

/**
 * Pyodide's interrupt buffer: reading takes the signal out in one step. Pyodide reads and then
 * writes 0, and a Stop that came between the two would be lost.
 */
function interruptBuffer(shared: SharedArrayBuffer | null): ArrayLike<number> {
  // A plain one is needed all the same: Safari cannot end a worker that never looks.
  if (!shared) return new Uint8Array(1);
  const signal = new Uint8Array(shared, SIGNAL, 1);
  return {
    length: 1,
    get 0() {
      return Atomics.exchange(signal, 0, 0);
    },
    set 0(_) {},
  };
}

async function boot({ wasm, stdlib, numpy, engine, shared }: Boot): Promise<Session> {
  post({ kind: 'stage', stage: 'Starting Python' });
  const { instantiateStreaming } = WebAssembly;
  const { fetch } = self;
  WebAssembly.instantiateStreaming = async (_source, imports) => ({
    module: wasm,
    instance: await WebAssembly.instantiate(wasm, imports),
  });
  self.fetch = async (address) =>
    new Response(String(address).endsWith('stdlib.zip') ? stdlib : '');
  const nowhere = 'https://runner.invalid/';
  const python = await loadPyodide({
    indexURL: nowhere,
    packageBaseUrl: nowhere,
    createPyodideModule,
    lockFileContents: {
      info: {
        abi_version: '2026_0',
        arch: 'wasm32',
        platform: 'emscripten_5_0_3',
        python: '3.14.0',
        version: '314.0.3',
      },
      packages: {},
    },
  });
  WebAssembly.instantiateStreaming = instantiateStreaming;
  self.fetch = fetch;

  python._api.on_fatal = (error) => post({ kind: 'fatal', text: String(error) });
  const { _module: module } = python;
  const base = module._emscripten_stack_get_base();
  module._PyUnstable_ThreadState_SetStackProtection(
    module._PyThreadState_Get(),
    base - STACK,
    STACK,
  );
  python.setInterruptBuffer(interruptBuffer(shared));

  post({ kind: 'stage', stage: 'Starting NumPy' });
  python.unpackArchive(numpy, 'zip', { extractDir: SITE_PACKAGES });
  python.unpackArchive(engine, 'zip', { extractDir: SITE_PACKAGES });
  python.runPython('import importlib; importlib.invalidate_caches(); import numpy');

  post({ kind: 'stage', stage: 'Starting the engine' });
  const session = python.pyimport('backlight.session.worker').start(makeChannel(python, shared));
  const [py, array, own] = String(
    python.runPython(
      'import platform, backlight; ' +
        'f"{platform.python_version()}|NumPy {numpy.__version__}|{backlight.__version__}"',
    ),
  ).split('|');
  post({ kind: 'ready', versions: { python: py, array, engine: own } });
  return session;
}

/** What an error says in a line: of a Python traceback that is the last one. */
function describe(error: unknown): string {
  const lines = String(error).trim().split('\n');
  return (lines[0].endsWith('(most recent call last):') ? lines.at(-1) : lines[0]) ?? '';
}

let session: Session | null = null;

scope.onmessage = async ({ data }) => {
  if (data.kind === 'boot') {
    try {
      session = await boot(data);
    } catch (error) {
      post({ kind: 'fatal', text: describe(error) });
    }
    return;
  }
  let problem = '';
  try {
    session?.command(data.json);
  } catch (error) {
    problem = describe(error);
  }
  if (JSON.parse(data.json).type === 'run') post({ kind: 'idle', problem });
};

post({ kind: 'alive' });
