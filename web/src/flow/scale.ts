// The one scale of gradients: log10 of the root mean square, 1e-8 to 1e2, in the colours of the
// theme. What is no number on that scale (zero, none, NaN, infinity) has a mark, never a colour.

import type { Numbers, Node } from '../protocol';

export const LOWEST = -8;
export const HIGHEST = 2;
const STOPS = 11;
const COLUMNS = 6;
const [RMS, MIN, MAX, NONFINITE] = [0, 2, 3, 5];
const VALUE_SEEN = 1;
const GRADIENT_SEEN = 2;

type Colour = [number, number, number];

/** The theme's colours, read from the CSS variables once per theme. */
export class Scale {
  readonly stops: Colour[];
  private cache = new Map<number, string>();

  constructor(read: (variable: string) => string) {
    this.stops = Array.from({ length: STOPS }, (_, i) => parse(read(`--grad-${i}`)));
  }

  /** The colour of a level (log10 rms), in steps of a fiftieth of a decade. */
  colour(level: number): string {
    const at = Math.round((clamp(level) - LOWEST) * 50);
    let colour = this.cache.get(at);
    if (!colour) {
      const t = at / 50;
      const i = Math.min(STOPS - 2, Math.floor(t));
      const mix = this.stops[i].map((a, k) => Math.round(a + (this.stops[i + 1][k] - a) * (t - i)));
      this.cache.set(at, (colour = `rgb(${mix.join(' ')})`));
    }
    return colour;
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

/** A ratio worth calling out, with thousands parted: "21,700". */
export function ratioText(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞';
  if (ratio >= 1e7) return scientific(ratio);
  const digits = Math.max(0, Math.floor(Math.log10(ratio)) - 2);
  return (Math.round(ratio / 10 ** digits) * 10 ** digits).toLocaleString('en-US');
}
