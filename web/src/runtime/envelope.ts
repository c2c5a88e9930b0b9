/**
 * Turns what a program sent into checked events. Nothing about it can be trusted: a program owns
 * its interpreter and can send whatever it likes, so what breaks the protocol is left out and
 * counted.
 */

import * as v from 'valibot';
import { EventSchema, type Event, type State } from '../protocol';
import type { Envelope } from './runtime';

/** Finds the bytes of an array; null where there are none. */
export type Locate = (where: unknown) => ArrayBuffer | null;

const KINDS: Record<
  string,
  { new (buffer: ArrayBuffer): ArrayBufferView; BYTES_PER_ELEMENT: number }
> = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array };

const Head = v.object({
  run: v.pipe(v.string(), v.maxLength(64)),
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** The bytes of an array stand in the message as base64. */
export const inBase64: Locate = (where) => {
  if (typeof where !== 'string') return null;
  try {
    return Uint8Array.from(atob(where), (char) => char.charCodeAt(0)).buffer;
  } catch {
    return null;
  }
};

/** The bytes of an array came beside the message; its number says which. Each is given once. */
export function inBuffers(buffers: readonly ArrayBuffer[]): Locate {
  const left: (ArrayBuffer | undefined)[] = [...buffers];
  return (where) => {
    if (typeof where !== 'number') return null;
    const buffer = left[where];
    left[where] = undefined;
    return buffer ?? null;
  };
}

/**
 * Put typed arrays in place of `{"$array": [kind, where]}`. They stand in an event and in its parts,
 * never in its lists, which may be long.
 */
function resolve(value: unknown, locate: Locate, depth: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const array: unknown = (value as { $array?: unknown }).$array;
  if (array !== undefined) {
    if (!Array.isArray(array) || !Object.hasOwn(KINDS, String(array[0]))) return null;
    const kind = KINDS[String(array[0])];
    const buffer = locate(array[1]);
    return buffer && buffer.byteLength % kind.BYTES_PER_ELEMENT === 0 ? new kind(buffer) : null;
  }
  if (depth === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, resolve(part, locate, depth - 1)]),
  );
}

/** Check one envelope; null where it breaks the protocol. */
export function checkEnvelope(value: unknown, locate: Locate): Envelope | null {
  const head = v.safeParse(Head, value);
  if (!head.success) return null;
  const event = v.safeParse(EventSchema, resolve((value as { event?: unknown }).event, locate, 2));
  return event.success ? { ...head.output, event: event.output } : null;
}

/** Read a batch: a JSON list of envelopes. `refused` counts those that broke the protocol. */
export function readBatch(json: string, locate: Locate): { batch: Envelope[]; refused: number } {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) return { batch: [], refused: 1 };
  const batch = list
    .map((value: unknown) => checkEnvelope(value, locate))
    .filter((envelope) => envelope !== null);
  return { batch, refused: list.length - batch.length };
}

const OVER: ReadonlySet<State> = new Set(['finished', 'failed', 'stopped', 'lost']);

/** Whether this event is the end of its run. */
export const isEnd = (event: Event): boolean => event.type === 'state' && OVER.has(event.state);

/** The sentence about messages that were left out, shown once in a run. */
export function refusal(count: number): Event {
  const what = count === 1 ? 'A message' : `${count} messages`;
  const was = count === 1 ? 'was' : 'were';
  return {
    type: 'output',
    stream: 'stderr',
    text: `${what} from the program had an unknown form and ${was} left out.\n`,
  };
}

/** An event about the state of a run, or of the runtime itself. */
export function stateEvent(
  state: State,
  fields: Partial<Omit<Extract<Event, { type: 'state' }>, 'type' | 'state'>> = {},
): Event {
  return { type: 'state', state, reason: '', text: '', elapsed: 0, step: 0, ...fields };
}
