/** Columns for the line plots: smoothing, joining and ranges. No DOM here. */

/** One curve as the plots take it; `steps` ascend. */
export interface Curve {
  id: number;
  name: string;
  line: number;
  kind: 'loss' | 'validation';
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  /** How many entries of the columns are filled. */
  length: number;
}

/**
 * Exponential moving average without the bias of its start (Kingma and Ba 2015, section 3).
 * Non-finite values pass through as gaps and do not touch the average.
 */
export function smooth(values: ArrayLike<number>, length: number, weight: number): Float64Array {
  const out = new Float64Array(length);
  let mean = 0;
  let mass = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      out[i] = NaN;
      continue;
    }
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    out[i] = mean / mass;
  }
  return out;
}

/** The weight that averages over about a twentieth of the curve, and never hides a short one. */
export function smoothingWeight(length: number): number {
  return length < 20 ? 0 : Math.min(0.98, 1 - 1 / (1 + length / 25));
}

/** Finite least and greatest value over the curves, or null where there is none. */
export function extent(curves: readonly Curve[]): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const curve of curves) {
    for (let i = 0; i < curve.length; i++) {
      const value = curve.values[i];
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** Whether a logarithmic axis shows more: all positive and more than a decade and a half apart. */
export function wantsLog(range: [number, number] | null): boolean {
  return range !== null && range[0] > 0 && range[1] / range[0] > 30;
}

/** The powers of ten between two positive ends, both sides of a narrow range included. */
export function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}

/** The value at `step`, or the last one before it; null before the first. */
export function valueAt(curve: Curve, step: number): number | null {
  let low = 0;
  let high = curve.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (curve.steps[middle] <= step) {
      found = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  return found < 0 ? null : curve.values[found];
}

/** One sentence for those who cannot see the plot. */
export function describe(curves: readonly Curve[]): string {
  const parts = curves
    .filter((curve) => curve.length > 0)
    .map((curve) => {
      const first = formatLoss(curve.values[0]);
      const last = formatLoss(curve.values[curve.length - 1]);
      return `${curve.name} ${first} to ${last} over ${curve.length} points`;
    });
  return parts.length ? `Loss: ${parts.join('; ')}.` : 'No loss yet.';
}

/** A loss with three decimals, in scientific form where that would hide it. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(1) : value.toFixed(3);
}
