/** Histograms over time: which bins are shown, and how full each is. No DOM here. */

import { HISTOGRAM_BASE, HISTOGRAM_BINS, HISTOGRAM_SMALLEST } from '../protocol';

const ZERO = (HISTOGRAM_BINS - 1) / 2;
/** A bin that never holds more than this is joined to its neighbour. */
const WORTH = 0.002;
const MOST_EACH_SIDE = 20;

/** One band of the picture, the largest positive first. */
export interface Band {
  /** Bins that it joins, `from` to `to`. */
  from: number;
  to: number;
  /** -1, 0 or 1. */
  sign: number;
  /** log10 of the middle of its sizes; NaN for zero. */
  level: number;
}

/** Sizes between which the values of bin `k` (0 is next to zero) lie. */
export function edge(k: number): number {
  return HISTOGRAM_BASE ** (HISTOGRAM_SMALLEST + k);
}

/** The bands that hold what any of the steps has; the outermost take the little that is beyond. */
export function bandsOf(columns: readonly (Float32Array | null)[]): Band[] {
  const full = new Float32Array(HISTOGRAM_BINS);
  for (const column of columns) {
    if (!column) continue;
    for (let bin = 0; bin < HISTOGRAM_BINS; bin++) full[bin] = Math.max(full[bin], column[bin]);
  }
  const size = (bin: number) => Math.abs(bin - ZERO) - 1;
  let low = Infinity;
  let high = -1;
  let negative = false;
  let positive = false;
  full.forEach((share, bin) => {
    if (bin === ZERO || share < WORTH) return;
    low = Math.min(low, size(bin));
    high = Math.max(high, size(bin));
    if (bin < ZERO) negative = true;
    else positive = true;
  });
  const zero: Band = { from: ZERO, to: ZERO, sign: 0, level: NaN };
  if (high < 0) return full[ZERO] > 0 ? [zero] : [];
  low = Math.max(low, high - MOST_EACH_SIDE + 1);
  const bands: Band[] = [];
  for (let k = high; k >= low && positive; k--) bands.push(band(k, low, high, 1));
  bands.push({ ...zero });
  for (let k = low; k <= high && negative; k++) bands.push(band(k, low, high, -1));
  return bands;
}

function band(k: number, low: number, high: number, sign: 1 | -1): Band {
  const largest = (HISTOGRAM_BINS - 3) / 2;
  const [inner, outer] = [k === low ? 0 : k, k === high ? largest : k];
  const ends = [ZERO + sign * (1 + inner), ZERO + sign * (1 + outer)];
  return {
    from: Math.min(...ends),
    to: Math.max(...ends),
    sign,
    level: Math.log10(edge(k)) + Math.log10(HISTOGRAM_BASE) / 2,
  };
}

/** The share of a column that falls in a band. */
export function shareIn(column: Float32Array, { from, to }: Band): number {
  let share = 0;
  for (let bin = from; bin <= to; bin++) share += column[bin];
  return share;
}
