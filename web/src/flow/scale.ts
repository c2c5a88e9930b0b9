// The one scale of gradients: log10 of the root mean square, 1e-8 to 1e2, in the colours of the
// theme; or, where that is chosen, how far it is from the median of its step. What is no number on
// it (zero, none, NaN, infinity) has a mark, never a colour.

import { STATISTICS, type Numbers, type Node } from '../protocol';

export const LOWEST = -8;
export const HIGHEST = 2;
/** Decades on either side of the median that the relative scale shows. */
export const AROUND = 3;
const STOPS = 11;
/** Colours between two stops. */
const SHADES = 50;
const COLUMNS = STATISTICS.length;
const [RMS, MIN, MAX, NONFINITE] = [0, 2, 3, 5];
const VALUE_SEEN = 1;
const GRADIENT_SEEN = 2;

type Colour = [number, number, number];
export type ReadToken = (variable: string) => string;

/** Colours along a range; what lies outside of it has the colour of its end. */
export class Ramp {
  readonly #stops: readonly Colour[];
  readonly #cache = new Map<number, string>();

  constructor(
    stops: readonly string[],
    readonly low: number,
    readonly high: number,
  ) {
    this.#stops = stops.map(parse);
  }

  /** Where a value lies, 0 to 1. */
  share(value: number): number {
    return Math.max(0, Math.min(1, (value - this.low) / (this.high - this.low)));
  }

  /** What is no number has no colour. */
  colour(value: number): string {
    if (Number.isNaN(value)) return 'transparent';
    const last = this.#stops.length - 1;
    const at = Math.round(this.share(value) * last * SHADES);
    let colour = this.#cache.get(at);
    if (!colour) {
      const i = Math.min(last - 1, Math.floor(at / SHADES));
      const [from, to] = [this.#stops[i], this.#stops[i + 1]];
      const mix = from.map((a, k) => Math.round(a + (to[k] - a) * (at / SHADES - i)));
      this.#cache.set(at, (colour = `rgb(${mix.join(' ')})`));
    }
    return colour;
  }
}

/** The colours of gradients, read from the CSS variables once per theme. */
export class Scale extends Ramp {
  readonly #colours: readonly string[];
  /** The level that the colours are relative to; null where they are absolute. */
  readonly median: number | null;

  constructor(read: ReadToken | readonly string[], median: number | null = null) {
    const colours =
      typeof read === 'function'
        ? Array.from({ length: STOPS }, (_, i) => read(`--grad-${i}`))
        : read;
    super(
      colours,
      median === null ? LOWEST : median - AROUND,
      median === null ? HIGHEST : median + AROUND,
    );
    this.#colours = colours;
    this.median = median;
  }

  /** The same colours around another median, or absolute. */
  around(median: number | null): Scale {
    return median === this.median ? this : new Scale(this.#colours, median);
  }
}

function parse(colour: string): Colour {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour.trim());
  if (hex) return [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16)) as Colour;
  const parts = colour.match(/[\d.]+/g)?.map(Number) ?? [];
  return parts.length >= 3 ? (parts.slice(0, 3) as Colour) : [128, 128, 128];
}

export function clamp(level: number): number {
  return Math.max(LOWEST, Math.min(HIGHEST, level));
}

/** The middle one, or what lies between the two middle ones; null of nothing. Sorts its argument. */
export function median(levels: Float64Array | number[]): number | null {
  const count = levels.length;
  if (!count) return null;
  levels.sort((a, b) => a - b);
  return (levels[(count - 1) >> 1] + levels[count >> 1]) / 2;
}

const medians = new WeakMap<Numbers, number | null>();

/** The median level of all gradients of a step that are numbers and not zero. */
export function medianLevel(numbers: Numbers | null): number | null {
  if (!numbers) return null;
  let found = medians.get(numbers);
  if (found === undefined) {
    const levels: number[] = [];
    for (let node = 0; node < numbers.present.length; node++) {
      const { level } = gradientOf(numbers, node);
      if (!Number.isNaN(level)) levels.push(level);
    }
    medians.set(numbers, (found = median(levels)));
  }
  return found;
}

/** Width of an edge whose gradient has this norm, 1 to 8 pixels. */
export function edgeWidth(norm: number): number {
  return norm > 0 ? 1 + (7 * (clamp(Math.log10(norm)) - LOWEST)) / (HIGHEST - LOWEST) : 1;
}

export type Mark = 'finite' | 'zero' | 'none' | 'nonfinite';

/** What reached a node (its gradient) or left it (its value), as the stage shows it. */
export interface Reading {
  mark: Mark;
  rms: number;
  /** log10 of rms where it is finite and not zero, NaN else. */
  level: number;
  text: string;
}

const NONE: Reading = { mark: 'none', rms: NaN, level: NaN, text: 'none' };

export function gradientOf(numbers: Numbers | null, node: number): Reading {
  if (!numbers || node < 0 || !(numbers.present[node] & GRADIENT_SEEN)) return NONE;
  return reading(numbers.gradients, node);
}

export function valueOf(numbers: Numbers | null, node: number): Reading {
  if (!numbers || node < 0 || !(numbers.present[node] & VALUE_SEEN)) return NONE;
  return reading(numbers.values, node);
}

function reading(table: Float32Array, node: number): Reading {
  const at = node * COLUMNS;
  const rms = table[at + RMS];
  if (table[at + NONFINITE] > 0 || !Number.isFinite(rms)) {
    const [low, high] = [table[at + MIN], table[at + MAX]];
    const text =
      low === -Infinity && high !== Infinity
        ? '-inf'
        : high === Infinity && low !== -Infinity
          ? 'inf'
          : 'NaN';
    return { mark: 'nonfinite', rms, level: NaN, text };
  }
  if (rms === 0) return { mark: 'zero', rms, level: NaN, text: '0' };
  return { mark: 'finite', rms, level: Math.log10(rms), text: scientific(rms) };
}

/** How many values of a node's output (or of its gradient) are NaN or infinite. */
export function nonfiniteCount(table: Float32Array, node: number): number {
  return table[node * COLUMNS + NONFINITE] || 0;
}

/** The euclidean norm of a gradient, from its root mean square and its shape. */
export function normOf(node: Node, rms: number): number {
  return rms * Math.sqrt(node.shape.reduce((a, b) => a * b, 1));
}

/** A number as the stage writes it: 1.0, 2.4e-3, 0. */
export function scientific(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value < 0 ? '-inf' : 'inf';
  const [mantissa, exponent] = value.toExponential(1).split('e');
  return +exponent === 0 ? mantissa : `${mantissa}e${+exponent}`;
}

/** A loss: four significant digits, and no exponent where a reader needs none. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return scientific(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return scientific(value);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

const SHORT: Record<string, string> = {
  float: 'f',
  bfloat: 'bf',
  int: 'i',
  uint: 'u',
  complex: 'c',
};

/** "float32" as the stage writes it: f32. */
export function shortType(dtype: string): string {
  const name = dtype.replace(/^torch\./, '');
  if (name === 'bool') return 'bool';
  const parts = /^([a-z]+)(\d+)$/.exec(name);
  return parts && SHORT[parts[1]] ? SHORT[parts[1]] + parts[2] : name;
}

/** "f32[64, 32]" */
export function shapeText(node: Pick<Node, 'shape' | 'dtype'>): string {
  return `${shortType(node.dtype)}[${node.shape.join(', ')}]`;
}

/** A factor as the relative scale labels it: "x0.001", "x1", "x1000". */
export function factorText(decades: number): string {
  return `×${10 ** decades}`;
}

/** A ratio worth calling out, with thousands parted: "21,700". */
export function ratioText(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞';
  if (ratio >= 1e7) return scientific(ratio);
  const digits = Math.max(0, Math.floor(Math.log10(ratio)) - 2);
  return (Math.round(ratio / 10 ** digits) * 10 ** digits).toLocaleString('en-US');
}
