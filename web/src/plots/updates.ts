/** Which parameters' update ratios are drawn, and as what. No DOM here. */

/** log10 of norm(change) / norm(weight) of some parameters over the recorded steps. */
export interface UpdateHistory {
  names: readonly string[];
  steps: readonly number[];
  /** Per step, one ratio per name; NaN before a parameter's first update. */
  ratios: readonly ArrayLike<number>[];
}

/** Most curves that keep a colour of their own. */
export const COLOURS = 6;

/**
 * The parameters worth a curve: weights rather than biases where there are both, since a bias that
 * starts at zero has a ratio that says nothing.
 */
export function chosen(names: readonly string[]): number[] {
  const all = names.map((_, index) => index);
  const weights = all.filter((index) => !/(^|\.)bias$/.test(names[index]));
  return weights.length ? weights : all;
}

/** "fc1.weight" reads "fc1" where no other curve would read the same. */
export function shortNames(names: readonly string[]): string[] {
  const cut = names.map((name) => name.replace(/\.weight$/, ''));
  return cut.map((name, index) =>
    cut.indexOf(name) === cut.lastIndexOf(name) ? name : names[index],
  );
}

/** log10 of the ratio, clamped to what the axis shows; null where there is none. */
export function logRatio(ratio: number, floor = -8): number | null {
  if (!Number.isFinite(ratio)) return null;
  return ratio <= 0 ? floor : Math.max(floor, Math.log10(ratio));
}
