/**
 * What page, frame and worker say to each other below the protocol, and the memory that frame and
 * worker share. The frame trusts the page; it trusts nothing that comes from the worker, where the
 * user's program can send whatever it likes.
 */

/** What the page hands into the frame, which can fetch nothing itself. */
export interface Parts {
  /** The whole script of the worker, UTF-8. */
  script: ArrayBuffer;
  /** pyodide.asm.wasm */
  wasm: ArrayBuffer;
  /** python_stdlib.zip */
  stdlib: ArrayBuffer;
  numpy: ArrayBuffer;
  engine: ArrayBuffer;
}

export type PageToFrame =
  | { kind: 'load'; parts: Parts }
  /** Run a program in the worker, which must be idle. */
  | { kind: 'run'; json: string }
  /** Any other command; it reaches a busy worker through shared memory. */
  | { kind: 'command'; json: string }
  /** Raise KeyboardInterrupt in the program. */
  | { kind: 'interrupt' }
  /** Terminate the worker and start another one. */
  | { kind: 'replace' }
  /** The page has taken this many batches. */
  | { kind: 'acknowledge'; count: number };

export const STAGES = ['Starting Python', 'Starting NumPy', 'Starting the engine'] as const;
export type Stage = (typeof STAGES)[number];

export interface Versions {
  python: string;
  engine: string;
  array: string;
}

export type Death =
  | 'boot' // the interpreter could not be started
  | 'crash' // it died
  | 'flood'; // it was ended because it sent more than anybody could take

/** `worker` counts the workers of this frame: what an earlier one said may still be on its way. */
export type FrameToPage = { worker: number } & (
  | { kind: 'starting'; shared: boolean }
  | { kind: 'stage'; stage: Stage }
  | { kind: 'ready'; versions: Versions }
  | { kind: 'batch'; json: string; buffers: ArrayBuffer[] }
  /** The worker is through with `run`; `problem` says what kept it from running a program at all. */
  | { kind: 'idle'; problem: string }
  | { kind: 'dead'; death: Death; text: string }
);

export interface Boot {
  kind: 'boot';
  wasm: WebAssembly.Module;
  stdlib: ArrayBuffer;
  numpy: ArrayBuffer;
  engine: ArrayBuffer;
  /** Null where the page has no shared memory. */
  shared: SharedArrayBuffer | null;
}

export type FrameToWorker = Boot | { kind: 'command'; json: string };

export type WorkerToFrame =
  | { kind: 'alive' }
  | { kind: 'stage'; stage: Stage }
  | { kind: 'ready'; versions: Versions }
  | { kind: 'batch'; json: string; buffers: ArrayBuffer[] }
  | { kind: 'idle'; problem: string }
  /** A command was taken out of the mailbox. */
  | { kind: 'taken' }
  | { kind: 'fatal'; text: string };

// Shared memory: three 32-bit words, then the mailbox -------------------------------------------

/** Its first byte is Pyodide's interrupt buffer: 0, or the signal to raise. */
export const SIGNAL = 0;
/** Batches that the page has taken, counted by the frame. */
export const ACKNOWLEDGED = 1;
/** Bytes of the command in the mailbox, 0 while it is empty. The frame fills, the worker empties. */
export const MAILBOX = 2;
export const MAILBOX_START = 16;
/** The longest command is `input`: 262,144 characters, which JSON can make six times as long. */
export const MAILBOX_BYTES = 2 << 20;

export const SIGINT = 2;
export const SIGALRM = 14;
export const TICK_MS = 100;

/** Batches that may be on their way to the page; the session waits or thins beyond that. */
export const CREDITS = 2;
