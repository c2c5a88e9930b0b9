/** One curve of a run: columns that grow, and thin themselves where they get long. */

export interface CurveInfo {
  id: number;
  name: string;
  line: number;
  kind: 'loss' | 'validation';
}

/** Most points of a curve; twice what a screen can show. */
export const MAX_POINTS = 8_192;

export class Curve implements CurveInfo {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly kind: 'loss' | 'validation';
  steps = new Float64Array(256);
  values = new Float64Array(256);
  length = 0;
  /** The newest point, kept apart since thinning may drop it. */
  lastStep = NaN;
  lastValue = NaN;
  firstValue = NaN;
  /** The first step at which the curve was NaN or infinite; null while it never was. */
  firstNonfinite: number | null = null;
  readonly #max: number;

  constructor(info: CurveInfo, max: number = MAX_POINTS) {
    this.id = info.id;
    this.name = info.name;
    this.line = info.line;
    this.kind = info.kind;
    this.#max = max;
  }

  push(step: number, value: number): void {
    if (this.length === 0) this.firstValue = value;
    if (!Number.isFinite(value)) this.firstNonfinite ??= step;
    if (this.length === this.#max) this.#thin();
    if (this.length === this.steps.length) {
      this.steps = grown(this.steps);
      this.values = grown(this.values);
    }
    this.steps[this.length] = step;
    this.values[this.length] = value;
    this.length++;
    this.lastStep = step;
    this.lastValue = value;
  }

  /** The newest value at or before `step`; NaN where the curve had not begun. */
  valueAt(step: number): number {
    if (step >= this.lastStep) return this.lastValue;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low ? this.values[low - 1] : NaN;
  }

  /** Thin to about half: of every four points stay the least, the greatest and one not finite. */
  #thin(): void {
    const { steps, values } = this;
    let kept = 0;
    for (let start = 0; start < this.length; start += 4) {
      const end = Math.min(start + 4, this.length);
      let low = -1;
      let high = -1;
      let odd = -1;
      for (let i = start; i < end; i++) {
        if (!Number.isFinite(values[i])) odd = odd < 0 ? i : odd;
        else {
          if (low < 0 || values[i] < values[low]) low = i;
          if (high < 0 || values[i] > values[high]) high = i;
        }
      }
      for (let i = start; i < end; i++) {
        if (i !== low && i !== high && i !== odd) continue;
        steps[kept] = steps[i];
        values[kept] = values[i];
        kept++;
      }
    }
    this.length = kept;
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
