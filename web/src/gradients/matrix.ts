/** Rows x recorded steps of one measure, and how steps fall on the pixels of a map. No DOM here. */

import { median } from '../flow/scale';
import type { Numbers, Topology } from '../protocol';
import { cellOf, levelOf, placesOf, type Cell, type Measure } from './measures';
import type { Row } from './rows';

export type TopologyOf = (hash: string) => Topology | null;

/** Cells of one measure: made once for each step, however often they are drawn. */
export class Matrix {
  readonly #columns = new WeakMap<Numbers, Float64Array>();
  readonly #medians = new WeakMap<Numbers, { level: number | null }>();
  readonly #places = new Map<string, Int32Array[]>();

  constructor(
    readonly measure: Measure,
    readonly rows: readonly Row[],
    private readonly topologyOf: TopologyOf,
  ) {}

  /** One cell for each row. */
  column(numbers: Numbers): Float64Array {
    let column = this.#columns.get(numbers);
    if (!column) {
      const topology = this.topologyOf(numbers.topology);
      const places = topology && this.#placesIn(topology);
      column = Float64Array.from(this.rows, (_, row) =>
        places ? cellOf(this.measure.id, numbers, topology, places[row]) : NaN,
      );
      this.#columns.set(numbers, column);
    }
    return column;
  }

  /** The median level of the leaves of a step, for colours relative to it. */
  median(numbers: Numbers): number | null {
    let found = this.#medians.get(numbers);
    if (!found) {
      const column = this.column(numbers);
      const levels: number[] = [];
      this.rows.forEach((row, i) => {
        const open = this.rows[i + 1] && this.rows[i + 1].depth > row.depth;
        const level = levelOf(this.measure, column[i]);
        if (!open && Number.isFinite(level)) levels.push(level);
      });
      this.#medians.set(numbers, (found = { level: median(levels) }));
    }
    return found.level;
  }

  /** Where the nodes of a row are in the graph of a step. */
  nodes(row: number, topology: Topology): Int32Array {
    return this.#placesIn(topology)[row];
  }

  #placesIn(topology: Topology): Int32Array[] {
    let places = this.#places.get(topology.hash);
    if (!places) this.#places.set(topology.hash, (places = placesOf(topology, this.rows)));
    return places;
  }
}

/**
 * A stretch of the map, from `start` to `end`: recorded steps `first` to `last` (places in the
 * list). Only from `x` to `solid` are these steps themselves; around them nothing was recorded.
 */
export interface Bin {
  first: number;
  last: number;
  start: number;
  x: number;
  solid: number;
  end: number;
}

/** A recorded step stands for this many pixels, or for its own width where that is more. */
const REACH = 6;
/** Up to so many pixels from one recorded step to the next there is no gap to be seen. */
const CLOSE = 28;

/**
 * Recorded steps on a track of `width` pixels: steps that fall on one pixel share a bin; of steps
 * further apart than they reach each has half of what is between them.
 */
export function binsOf(
  steps: readonly number[],
  place: (step: number) => number,
  width: number,
): Bin[] {
  const bins: Bin[] = [];
  for (let i = 0; i < steps.length; i++) {
    const x = Math.min(width - 1, Math.max(0, Math.floor(place(steps[i]))));
    const before = bins.at(-1);
    if (before && x <= before.x) before.last = i;
    else bins.push({ first: i, last: i, start: x, x, solid: x, end: x });
  }
  bins.forEach((bin, i) => {
    const next = bins[i + 1];
    const own = Math.ceil(place(steps[bin.last] + 1) - place(steps[bin.last]));
    // After the newest step nothing is known.
    const most = next ? next.x : Math.min(width, bin.x + Math.max(2, own));
    const reach = next && next.x - bin.x <= CLOSE ? CLOSE : Math.max(REACH, own);
    bin.solid = Math.min(most, bin.x + reach);
    bin.end = next ? Math.floor((bin.solid + next.x) / 2) : bin.solid;
    if (next) next.start = bin.end;
  });
  return bins;
}

/** One cell for several steps: what is not finite is never lost, else the mean of the levels. */
export function joined(measure: Measure, cells: readonly Cell[]): Cell {
  let sum = 0;
  let some = 0;
  let zeros = 0;
  for (const cell of cells) {
    if (cell === Infinity) return Infinity;
    if (Number.isNaN(cell)) continue;
    if (cell === 0 && measure.kind !== 'share') zeros++;
    else {
      sum += levelOf(measure, cell);
      some++;
    }
  }
  if (some) return measure.kind === 'share' ? sum / some : 10 ** (sum / some);
  return zeros ? 0 : NaN;
}

/** The recorded step at a place on the track, as a place in the list; -1 of none. */
export function stepAt(bins: readonly Bin[], x: number): number {
  let low = 0;
  let high = bins.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x < bins[middle].end) high = middle;
    else low = middle + 1;
  }
  return bins[low]?.last ?? -1;
}

/** Up to some `most` round steps for the axis, the first included. */
export function axisSteps(first: number, last: number, most: number): number[] {
  const span = Math.max(1, last - first);
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const pitch = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? power;
  const ticks = [first];
  for (let step = Math.ceil((first + pitch / 2) / pitch) * pitch; step <= last; step += pitch)
    ticks.push(step);
  return ticks;
}
