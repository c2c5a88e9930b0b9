/** The recorded steps of a run, in order of step, within a budget. */

export interface Recorded {
  step: number;
}

export interface Budget {
  /** Most steps kept. */
  steps: number;
  /** The newest steps, which are never thinned (as far as the bytes allow). */
  tail: number;
  bytes: number;
}

export const BUDGET: Budget = { steps: 2_000, tail: 200, bytes: 64 * 2 ** 20 };

/**
 * Keeps the newest steps whole and the older ones ever sparser: what goes first is the step whose
 * neighbours are nearest in proportion, so what stays is spaced evenly on a log axis.
 */
export class Recording<T extends Recorded> {
  #entries: T[] = [];
  #bytes = 0;
  #dropped = 0;
  readonly #budget: Budget;
  readonly #size: (entry: T) => number;

  constructor(size: (entry: T) => number, budget: Budget = BUDGET) {
    this.#size = size;
    this.#budget = budget;
  }

  get entries(): readonly T[] {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many recorded steps are not kept any more. */
  get dropped(): number {
    return this.#dropped;
  }

  get last(): T | undefined {
    return this.#entries.at(-1);
  }

  add(entry: T): void {
    const at = this.#position(entry.step);
    const old = this.#entries[at];
    if (old?.step === entry.step) {
      this.#bytes += this.#size(entry) - this.#size(old);
      this.#entries[at] = entry;
    } else {
      this.#bytes += this.#size(entry);
      this.#entries.splice(at, 0, entry);
    }
    this.#fit();
  }

  /** The entry at `step`, else the newest one before it, else the first. */
  at(step: number): T | undefined {
    const at = this.#position(step);
    const exact = this.#entries[at];
    if (exact?.step === step) return exact;
    return this.#entries[Math.max(0, at - 1)];
  }

  /** Forget what `drop` says. */
  remove(drop: (entry: T) => boolean): void {
    const kept = this.#entries.filter((entry) => !drop(entry));
    this.#dropped += this.#entries.length - kept.length;
    this.#entries = kept;
    this.#bytes = kept.reduce((sum, entry) => sum + this.#size(entry), 0);
  }

  /** Where `step` is or would be. */
  #position(step: number): number {
    let low = 0;
    let high = this.#entries.length;
    // Steps mostly arrive in order.
    if (high && this.#entries[high - 1].step < step) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].step < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #fit(): void {
    const { steps, tail, bytes } = this.#budget;
    const over = (): boolean => this.#entries.length > steps || this.#bytes > bytes;
    if (!over()) return;
    // A tenth more than needed goes at once: one pass is linear in what is kept.
    const goal = Math.floor(steps * 0.9);
    const goalBytes = bytes * 0.9;
    while (this.#entries.length > 1 && (this.#entries.length > goal || this.#bytes > goalBytes)) {
      this.#drop(this.#entries.length - tail > 2 ? this.#densest(this.#entries.length - tail) : 0);
    }
  }

  /** Among the entries before `end`, but the first, the one that is missed least. */
  #densest(end: number): number {
    let best = 1;
    let least = Infinity;
    for (let i = 1; i < end; i++) {
      const gap =
        (this.#entries[i + 1].step - this.#entries[i - 1].step) / (this.#entries[i].step + 1);
      if (gap < least) {
        least = gap;
        best = i;
      }
    }
    return best;
  }

  #drop(at: number): void {
    const [gone] = this.#entries.splice(at, 1);
    this.#bytes -= this.#size(gone);
    this.#dropped++;
  }
}
