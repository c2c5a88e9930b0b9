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

/** Up to so many steps each has the same room on the time bar. */
export const LINEAR_STEPS = 2_000;
/** So many steps at the beginning are never drawn apart further. */
const LEAST_SOFTNESS = 50;

/**
 * How steps are laid on the time bar, from the first at 0 to the last at 1. Beyond `LINEAR_STEPS`
 * the later ones get less room than the early ones, where most happens: by the logarithm of
 * 1 + step / `softness`, which bends the line a little at first and more as the run gets longer,
 * so that nothing jumps while a run of unknown length goes on.
 */
export class Axis {
  readonly total: number;
  readonly #softness: number;
  readonly #range: number;

  constructor(total: number) {
    this.total = Math.max(1, total);
    const softness = (LINEAR_STEPS * LINEAR_STEPS) / (total - LINEAR_STEPS);
    this.#softness = total > LINEAR_STEPS ? Math.max(LEAST_SOFTNESS, softness) : Infinity;
    this.#range = this.compressed
      ? Math.log1p((this.total - 1) / this.#softness)
      : Math.max(1, this.total - 1);
  }

  get compressed(): boolean {
    return this.#softness < Infinity;
  }

  /** Where a step lies, 0 to 1. */
  share(step: number): number {
    const from = Math.min(Math.max(step, 1), this.total) - 1;
    return (this.compressed ? Math.log1p(from / this.#softness) : from) / this.#range;
  }

  /** The step at a place, 0 to 1. */
  step(share: number): number {
    const inside = Math.min(1, Math.max(0, share)) * this.#range;
    const from = this.compressed ? this.#softness * Math.expm1(inside) : inside;
    return Math.min(this.total, Math.max(1, Math.round(1 + from)));
  }

  /** Round steps that tell how the axis runs, where it is no straight line. */
  get labels(): { step: number; text: string }[] {
    if (!this.compressed) return [];
    const labels: { step: number; text: string }[] = [];
    let last = 0;
    for (let decade = 10; decade <= this.total; decade *= 10) {
      for (const step of [decade, 2 * decade, 5 * decade]) {
        const share = this.share(step);
        if (step > this.total || share - last < 0.07 || share > 0.97) continue;
        labels.push({ step, text: short(step) });
        last = share;
      }
    }
    return labels;
  }
}

/** "500", "2k", "1M". */
function short(step: number): string {
  if (step >= 1e6) return `${step / 1e6}M`;
  return step >= 1e3 ? `${step / 1e3}k` : String(step);
}

/** The recorded step nearest to a place on the track, or null where nothing is recorded. */
export function nearestStep(share: number, axis: Axis, recorded: readonly number[]): number | null {
  if (!recorded.length) return null;
  const step = nearest(recorded, axis.step(share));
  const next = recorded[recorded.indexOf(step) + 1] ?? step;
  return share - axis.share(step) <= axis.share(next) - share ? step : next;
}

/** Runs of steps between recorded ones that no tick covers, as shares: at least `least` wide. */
export function gaps(
  recorded: readonly number[],
  latest: number,
  axis: Axis,
  least: number,
): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let last = 1;
  for (const step of [...recorded, latest + 1]) {
    const [from, to] = [axis.share(last), axis.share(step)];
    if (step - last > 1 && to - from >= least) found.push({ from, to });
    last = step;
  }
  return found;
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

/** Equal neighbours of a list as one, so that there are no more than `most`. */
export function runsOf<T>(list: readonly T[], most: number): { value: T; count: number }[] {
  const runs: { value: T; count: number }[] = [];
  const shown = Math.min(list.length, most);
  for (let i = 0; i < shown; i++) {
    const value = list[Math.floor(((i + 0.5) * list.length) / shown)];
    const last = runs.at(-1);
    if (last?.value === value) last.count++;
    else runs.push({ value, count: 1 });
  }
  return runs;
}
