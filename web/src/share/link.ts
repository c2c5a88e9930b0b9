/**
 * A link with the program in it: `#1/` and then JSON, deflated, in base64url. It may come from
 * anybody and from any version, so what is read is rebuilt field by field from the defaults, and
 * nothing is run.
 */

import * as v from 'valibot';
import { RecordLevelSchema, type RecordLevel } from '../protocol';

export interface Shared {
  code: string;
  name: string;
  /** How much is recorded; null where the link does not say. */
  record: RecordLevel | null;
  /** The version that made the link; empty where it does not say. */
  engine: string;
}

/** `content` is all that could be read; `problem` is a sentence about what could not. */
export type Opened =
  { ok: true; content: Shared; problem: string } | { ok: false; problem: string };

export const MAX_CODE = 1_000_000;
/** A longer fragment is not even looked at. */
const MAX_LINK = 2_000_000;
/** What it may unpack to: a few kilobytes of zeros can become gigabytes. */
const MAX_JSON = 4_000_000;

const PREFIX = '1/';
const NAME = 'main.py';

const DAMAGED = 'This link is damaged, so nothing was opened: ask for it again.';
const NEWER = 'This link was made by a newer Backlight, so nothing was opened: reload the page.';
const TOO_LARGE = 'This link holds more than a program can be, so nothing was opened.';
const PARTLY = 'A part of this link is damaged or unknown and was left out.';

const Code = v.pipe(v.string(), v.maxLength(MAX_CODE));
// A name and nothing else: no path, and nothing invisible (\p{C}: controls and the like).
const FileName = v.pipe(
  v.string(),
  v.maxLength(100),
  v.regex(/^[^\\/\p{C}]+$/u),
  v.regex(/[^\s.]/),
);
const Version = v.pipe(v.string(), v.regex(/^[\w.+-]{0,40}$/));

/** Throws RangeError where the program is too long; the message is a sentence for the user. */
export async function makeLink(
  shared: Omit<Shared, 'engine'> & { engine?: string },
  page = document.baseURI,
): Promise<string> {
  const { code, name, record, engine } = shared;
  if (code.length > MAX_CODE)
    throw new RangeError('The program is too long for a link: save it as a file instead.');
  const json = JSON.stringify({
    v: 1,
    name,
    code,
    engine: engine || undefined,
    record: record ?? undefined,
  });
  const packed = await collect(
    stream(new TextEncoder().encode(json), new CompressionStream('deflate-raw')),
  );
  const url = new URL(page);
  url.hash = PREFIX + toBase64Url(packed!);
  return url.href;
}

/** Read the fragment of an address, without its `#`. */
export async function readLink(link: string): Promise<Opened> {
  if (!link.startsWith(PREFIX))
    return { ok: false, problem: /^\d+\//.test(link) ? NEWER : DAMAGED };
  if (link.length > MAX_LINK) return { ok: false, problem: TOO_LARGE };
  let value: unknown;
  try {
    const packed = fromBase64Url(link.slice(PREFIX.length));
    const bytes = await collect(stream(packed, new DecompressionStream('deflate-raw')), MAX_JSON);
    if (!bytes) return { ok: false, problem: TOO_LARGE };
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { ok: false, problem: DAMAGED };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: DAMAGED };
  return rebuild(value as Record<string, unknown>);
}

function rebuild(given: Record<string, unknown>): Opened {
  if (given.v !== 1) return { ok: false, problem: typeof given.v === 'number' ? NEWER : DAMAGED };
  if (!v.is(v.string(), given.code)) return { ok: false, problem: DAMAGED };
  if (!v.is(Code, given.code)) return { ok: false, problem: TOO_LARGE };
  let whole = Object.keys(given).every((key) =>
    ['v', 'name', 'code', 'engine', 'record'].includes(key),
  );
  const field = <T, D>(name: string, schema: v.GenericSchema<T>, otherwise: D): T | D => {
    if (given[name] === undefined) return otherwise;
    const read = v.safeParse(schema, given[name]);
    whole &&= read.success;
    return read.success ? read.output : otherwise;
  };
  const content = {
    code: given.code,
    name: field('name', FileName, NAME),
    record: field('record', RecordLevelSchema, null),
    engine: field('engine', Version, ''),
  };
  return { ok: true, content, problem: whole ? '' : PARTLY };
}

function stream(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(through);
}

/** Read a stream to its end; null, and no more is read, when it holds more than `most` bytes. */
async function collect(
  source: ReadableStream<Uint8Array>,
  most = Infinity,
): Promise<Uint8Array | null> {
  const reader = source.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > most) {
      void reader.cancel().catch(() => {});
      return null;
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(text)) throw new Error('not base64url');
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
