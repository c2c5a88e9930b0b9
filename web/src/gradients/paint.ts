/** The colours of each measure: gradients in the page's scale, the rest in ramps of its own. */

import { Ramp, type ReadToken, type Scale } from '../flow/scale';
import { levelOf, type Cell, type Measure } from './measures';

/** Decades of update ratios on either side of the usual 1e-3. */
export const RATIO_LOW = -6;
export const RATIO_HIGH = 0;
export const RATIO_USUAL = -3;
const RATIO_STOPS = 7;
/** Sizes of values, in decades. */
export const VALUE_LOW = -4;
export const VALUE_HIGH = 3;

const names = (stem: string, count: number) =>
  Array.from({ length: count }, (_, i) => `--${stem}-${i}`);

/** What a measure is drawn with; colours are read once per theme. */
export class Paint {
  readonly scale: Scale;
  readonly #ratio: Ramp;
  readonly #value: Ramp;
  readonly #share: Ramp;
  readonly #around = new Map<number, Scale>();

  constructor(read: ReadToken, scale: Scale) {
    this.scale = scale.around(null);
    this.#ratio = new Ramp(names('ratio', RATIO_STOPS).map(read), RATIO_LOW, RATIO_HIGH);
    this.#value = new Ramp(names('value', 2).map(read), VALUE_LOW, VALUE_HIGH);
    this.#share = new Ramp(names('value', 2).map(read), 0, 1);
  }

  /** The colour of a finite cell that is not zero, or is a share. */
  colour(measure: Measure, cell: Cell, median: number | null): string {
    const level = levelOf(measure, cell);
    return this.ramp(measure, median).colour(level);
  }

  ramp(measure: Measure, median: number | null): Ramp {
    if (measure.kind === 'ratio') return this.#ratio;
    if (measure.kind === 'value') return this.#value;
    if (measure.kind === 'share') return this.#share;
    if (median === null) return this.scale;
    // Medians of a run are many and near each other: a hundredth of a decade is not seen.
    const key = Math.round(median * 100) / 100;
    let scale = this.#around.get(key);
    if (!scale) this.#around.set(key, (scale = this.scale.around(key)));
    return scale;
  }
}
