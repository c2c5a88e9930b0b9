/** Geometry of the time bar: steps and the phases of one step. No DOM here. */

export type Phase = 'forward' | 'backward' | 'update';

/** A moment within a step; `op` counts the operations of its phase that are done. */
export interface Moment {
  phase: Phase;
  op: number;
}

/** How many operations each phase of a step has. */
export interface PhaseCounts {
  forward: number;
  backward: number;
  update: number;
}

export const PHASES: readonly Phase[] = ['forward', 'backward', 'update'];

/** Where a step lies on a track of `width`; the track runs from the first step to `total`. */
export function stepToX(step: number, total: number, width: number): number {
  return total <= 1 ? 0 : (Math.min(Math.max(step, 1), total) - 1) * (width / (total - 1));
}

/** The recorded step nearest to a place on the track, or null where nothing is recorded. */
export function nearestStep(
  x: number,
  total: number,
  width: number,
  recorded: readonly number[],
): number | null {
  if (!recorded.length || width <= 0) return null;
  return nearest(recorded, 1 + (x / width) * Math.max(0, total - 1));
}

/** The entry of an ascending list nearest to `value`. */
export function nearest(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  const before = sorted[Math.max(0, low - 1)];
  return Math.abs(before - value) <= Math.abs(sorted[low] - value) ? before : sorted[low];
}

/** The recorded step `delta` places from `step`, stopping at the ends. */
export function neighbour(recorded: readonly number[], step: number, delta: number): number | null {
  if (!recorded.length) return null;
  const at = recorded.indexOf(nearest(recorded, step));
  return recorded[Math.min(recorded.length - 1, Math.max(0, at + delta))];
}

/** Share of the phase track that each phase takes: by operations, but never too small to hit. */
export function phaseShares(counts: PhaseCounts): Record<Phase, number> {
  const weigh = (count: number) => (count > 0 ? Math.max(4, Math.min(count, 24)) : 2);
  const weights = PHASES.map((phase) => weigh(counts[phase]));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { forward: weights[0] / sum, backward: weights[1] / sum, update: weights[2] / sum };
}

/** The place of a moment on the phase track, 0 to 1. */
export function momentToShare(moment: Moment, counts: PhaseCounts): number {
  const shares = phaseShares(counts);
  let start = 0;
  for (const phase of PHASES) {
    if (phase === moment.phase) {
      const count = counts[phase];
      return start + shares[phase] * (count ? Math.min(moment.op, count) / count : 1);
    }
    start += shares[phase];
  }
  return 1;
}

/** The moment at a place on the phase track, 0 to 1. */
export function shareToMoment(share: number, counts: PhaseCounts): Moment {
  const shares = phaseShares(counts);
  let start = 0;
  for (const phase of PHASES) {
    const end = start + shares[phase];
    if (share < end || phase === 'update') {
      const inside = Math.min(1, Math.max(0, (share - start) / shares[phase]));
      return { phase, op: Math.round(inside * counts[phase]) };
    }
    start = end;
  }
  return { phase: 'update', op: counts.update };
}

/** The next or previous moment; null past either end. */
export function shiftMoment(moment: Moment, counts: PhaseCounts, delta: 1 | -1): Moment | null {
  const op = moment.op + delta;
  if (op >= 0 && op <= counts[moment.phase]) return { phase: moment.phase, op };
  const next = PHASES[PHASES.indexOf(moment.phase) + delta];
  if (!next) return null;
  return { phase: next, op: delta > 0 ? Math.min(1, counts[next]) : counts[next] };
}
