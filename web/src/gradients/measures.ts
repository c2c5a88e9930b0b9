/** What the map shows of a row at a step, each measure as one line of a table. No DOM here. */

import { ratioText, scientific } from '../flow/scale';
import { HISTOGRAM_BINS, STATISTICS, type Numbers, type Topology } from '../protocol';
import type { Row } from './rows';

export type MeasureId = 'norm' | 'rms' | 'ratio' | 'value' | 'zero' | 'dead';

export interface Measure {
  id: MeasureId;
  name: string;
  about: string;
  /** What its colours are: gradients, update ratios, sizes of values, or shares. */
  kind: 'gradient' | 'ratio' | 'value' | 'share';
  /** Only parameters are updated. */
  only?: 'parameters';
}

export const MEASURES: readonly Measure[] = [
  {
    id: 'norm',
    name: 'Gradient norm',
    about: 'the length of the gradient: its rms times the root of its size',
    kind: 'gradient',
  },
  {
    id: 'rms',
    name: 'Gradient rms',
    about: 'the usual size of one value of the gradient',
    kind: 'gradient',
  },
  {
    id: 'ratio',
    name: 'Update ratio',
    about: 'norm(change) / norm(weight) of a step: about 1e-3 is usual',
    kind: 'ratio',
    only: 'parameters',
  },
  { id: 'value', name: 'Value rms', about: 'the usual size of one value', kind: 'value' },
  {
    id: 'zero',
    name: 'Zero gradients',
    about: 'the share of the gradient that is exactly zero',
    kind: 'share',
  },
  {
    id: 'dead',
    name: 'Zero values',
    about: 'the share of the values that are exactly zero: units that are off',
    kind: 'share',
  },
];

export function measureOf(id: MeasureId): Measure {
  return MEASURES.find((measure) => measure.id === id)!;
}

/** NaN: nothing was seen. Infinity: something in it was not finite. Else the number. */
export type Cell = number;
export const MISSING = NaN;
export const NONFINITE = Infinity;

const COLUMNS = STATISTICS.length;
const [RMS, ZERO, BAD] = [0, 4, 5];
const [VALUE_SEEN, GRADIENT_SEEN] = [1, 2];

/** Where the nodes of a row are in one graph; -1 for what this graph has not. */
export function placesOf(topology: Topology, rows: readonly Row[]): Int32Array[] {
  const index = indexOf(topology);
  return rows.map((row) => Int32Array.from(row.nodes, (key) => index.get(key) ?? -1));
}

const indices = new WeakMap<Topology, Map<string, number>>();
const sizes = new WeakMap<Topology, Float64Array>();
const updates = new WeakMap<Topology, Map<number, number>>();

function cached<T>(cache: WeakMap<Topology, T>, topology: Topology, make: () => T): T {
  let found = cache.get(topology);
  if (found === undefined) cache.set(topology, (found = make()));
  return found;
}

const indexOf = (topology: Topology) =>
  cached(indices, topology, () => new Map(topology.nodes.map((node, i) => [node.key, i])));
const sizesOf = (topology: Topology) =>
  cached(sizes, topology, () =>
    Float64Array.from(topology.nodes, (node) => node.shape.reduce((a, b) => a * b, 1)),
  );
const updatesOf = (topology: Topology) =>
  cached(updates, topology, () => new Map(topology.parameters.map((node, i) => [node, i])));

/** One cell: the nodes of a row at a step, together as if they were one tensor. */
export function cellOf(
  id: MeasureId,
  numbers: Numbers,
  topology: Topology,
  nodes: ArrayLike<number>,
): Cell {
  if (id === 'ratio') return updateRatio(numbers, topology, nodes);
  const gradient = id !== 'value' && id !== 'dead';
  const table = gradient ? numbers.gradients : numbers.values;
  const seen = gradient ? GRADIENT_SEEN : VALUE_SEEN;
  const size = sizesOf(topology);
  let squares = 0;
  let zeros = 0;
  let count = 0;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node < 0 || !(numbers.present[node] & seen)) continue;
    const at = node * COLUMNS;
    if (table[at + BAD] > 0 || !Number.isFinite(table[at + RMS])) return NONFINITE;
    count += size[node];
    squares += table[at + RMS] ** 2 * size[node];
    zeros += table[at + ZERO] * size[node];
  }
  if (!count) return MISSING;
  if (id === 'zero' || id === 'dead') return zeros / count;
  return Math.sqrt(id === 'norm' ? squares : squares / count);
}

function updateRatio(numbers: Numbers, topology: Topology, nodes: ArrayLike<number>): Cell {
  const place = updatesOf(topology);
  const size = sizesOf(topology);
  let changes = 0;
  let weights = 0;
  let seen = 0;
  let ratio = MISSING;
  for (let i = 0; i < nodes.length; i++) {
    const at = place.get(nodes[i]);
    if (at === undefined) continue;
    const own = numbers.update[at];
    // A weight that is no number any more has no norm to compare its change with.
    if (own === Infinity || numbers.values[nodes[i] * COLUMNS + BAD] > 0) return NONFINITE;
    if (Number.isNaN(own)) continue;
    seen++;
    ratio = own;
    const square = numbers.values[nodes[i] * COLUMNS + RMS] ** 2 * size[nodes[i]];
    if (!Number.isFinite(square)) continue;
    weights += square;
    changes += own ** 2 * square;
  }
  if (seen < 2) return ratio;
  return weights > 0 ? Math.sqrt(changes / weights) : ratio;
}

/**
 * Share of the values (or gradients) of a row in each bin at a step, or null where none were made.
 * A count is 255 * sqrt(share).
 */
export function sharesOf(
  of: 'value' | 'gradient',
  numbers: Numbers,
  topology: Topology,
  nodes: ArrayLike<number>,
): Float32Array | null {
  if (!numbers.histograms.length) return null;
  const size = sizesOf(topology);
  const shares = new Float32Array(HISTOGRAM_BINS);
  let total = 0;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node < 0) continue;
    const from = (node * 2 + (of === 'gradient' ? 1 : 0)) * HISTOGRAM_BINS;
    let sum = 0;
    for (let bin = 0; bin < HISTOGRAM_BINS; bin++) sum += numbers.histograms[from + bin] ** 2;
    if (!sum) continue;
    total += size[node];
    for (let bin = 0; bin < HISTOGRAM_BINS; bin++)
      shares[bin] += (numbers.histograms[from + bin] ** 2 / sum) * size[node];
  }
  if (!total) return null;
  for (let bin = 0; bin < HISTOGRAM_BINS; bin++) shares[bin] /= total;
  return shares;
}

/** A cell as it is written beside the map. */
export function cellText(measure: Measure, cell: Cell): string {
  if (Number.isNaN(cell)) return 'none';
  if (!Number.isFinite(cell)) return 'NaN, inf';
  if (measure.kind !== 'share') return scientific(cell);
  const percent = cell * 100;
  if (percent > 0 && percent < 1) return '<1%';
  return percent > 99 && percent < 100 ? '>99%' : `${Math.round(percent)}%`;
}

/** Where a cell lies on its measure's axis: decades, or the share itself. */
export function levelOf(measure: Measure, cell: Cell): number {
  return measure.kind === 'share' ? cell : Math.log10(cell);
}

/** The one sentence that tells what the map shows at a step. */
export function story(
  measure: Measure,
  rows: readonly Row[],
  cells: ArrayLike<Cell>,
): { text: string; tone: 'plain' | 'bad' } {
  const leaves: { name: string; cell: number }[] = [];
  const bad: string[] = [];
  const none: string[] = [];
  rows.forEach((row, i) => {
    // An open group says what its children say.
    if (rows[i + 1] && rows[i + 1].depth > row.depth) return;
    if (Number.isNaN(cells[i])) none.push(row.name);
    else if (!Number.isFinite(cells[i])) bad.push(row.name);
    else leaves.push({ name: row.name, cell: cells[i] });
  });
  const what = measure.name.toLowerCase();
  if (bad.length) return { text: `${what} not finite in ${listed(bad)}`, tone: 'bad' };
  if (!leaves.length) return { text: `no ${what} in this step`, tone: 'plain' };
  const missing = none.length && measure.kind === 'gradient' ? `; none for ${listed(none)}` : '';
  if (measure.kind === 'share') {
    const most = leaves.reduce((a, b) => (b.cell > a.cell ? b : a));
    if (most.cell === 0) return { text: `${what}: none anywhere`, tone: 'plain' };
    return { text: `most ${what}: ${cellText(measure, most.cell)} of ${most.name}`, tone: 'plain' };
  }
  const some = leaves.filter(({ cell }) => cell > 0);
  if (!some.length) return { text: `${what} zero everywhere${missing}`, tone: 'bad' };
  const least = some.reduce((a, b) => (b.cell < a.cell ? b : a));
  const most = some.reduce((a, b) => (b.cell > a.cell ? b : a));
  if (measure.kind === 'gradient' && most.cell / least.cell >= CALLED_OUT) {
    const factor = ratioText(most.cell / least.cell);
    const text = `${least.name} gets a gradient ${factor} times weaker than ${most.name}${missing}`;
    return { text, tone: 'bad' };
  }
  const range = `${cellText(measure, least.cell)} (${least.name}) to ${cellText(measure, most.cell)} (${most.name})`;
  return { text: some.length > 1 ? range + missing : cellText(measure, most.cell), tone: 'plain' };
}

/** From this factor on the difference between layers is called out, as the graph does. */
const CALLED_OUT = 1_000;

function listed(names: readonly string[]): string {
  return names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(' and ');
}
