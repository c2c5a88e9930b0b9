/** Histograms of kept values. No DOM here. */

export interface Histogram {
  counts: number[];
  /** Ends of the axis. */
  low: number;
  high: number;
  zero: number;
  nonfinite: number;
  total: number;
}

/** Equal bins between the least and the greatest finite value. */
export function linearHistogram(values: ArrayLike<number>, bins: number): Histogram {
  let low = Infinity;
  let high = -Infinity;
  let zero = 0;
  let nonfinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      nonfinite++;
      continue;
    }
    if (value === 0) zero++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const counts = new Array<number>(bins).fill(0);
  if (low <= high) {
    const span = high - low;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!Number.isFinite(value)) continue;
      counts[span ? Math.min(bins - 1, Math.floor(((value - low) / span) * bins)) : 0]++;
    }
  } else {
    low = high = 0;
  }
  return { counts, low, high, zero, nonfinite, total: values.length };
}

/** Bins of log10 |value|; zeros and non-finite values are counted apart. */
export function logHistogram(
  values: ArrayLike<number>,
  bins: number,
  low = -8,
  high = 2,
): Histogram {
  const counts = new Array<number>(bins).fill(0);
  let zero = 0;
  let nonfinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) nonfinite++;
    else if (value === 0) zero++;
    else {
      const at = ((Math.log10(Math.abs(value)) - low) / (high - low)) * bins;
      counts[Math.min(bins - 1, Math.max(0, Math.floor(at)))]++;
    }
  }
  return { counts, low, high, zero, nonfinite, total: values.length };
}

/** Rows x columns of a block of any dimension: leading axes are laid below each other. */
export function asMatrix(block: readonly number[]): [number, number] {
  if (block.length === 0) return [1, 1];
  const columns = block[block.length - 1];
  const rows = block.slice(0, -1).reduce((product, size) => product * size, 1);
  return block.length === 1 ? [1, columns] : [rows, columns];
}
