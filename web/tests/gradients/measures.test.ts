import { describe, expect, it } from 'vitest';
import { cellOf, cellText, measureOf, sharesOf, story } from '../../src/gradients/measures';
import { rowsOf, treeOf } from '../../src/gradients/rows';
import { HISTOGRAM_BINS } from '../../src/protocol';
import { mlp, numbersOf, Program } from '../graph/build';

const topology = mlp();
const node = (name: string) => topology.nodes.findIndex((n) => n.name === name);
const weight = node('fc1.weight'); // 32 x 64
const bias = node('fc1.bias'); // 32

describe('one cell', () => {
  const numbers = numbersOf(topology, (n) => (n.name === 'fc1.bias' ? 2e-3 : 1e-3));

  it.each([
    ['norm', [weight], 1e-3 * Math.sqrt(2048)],
    ['rms', [weight], 1e-3],
    ['value', [weight], 1.07],
    ['dead', [weight], 0.2],
    ['zero', [weight], 0],
    ['ratio', [weight], 1e-3],
    // Together as if they were one tensor.
    ['norm', [weight, bias], Math.sqrt(1e-6 * 2048 + 4e-6 * 32)],
    ['rms', [weight, bias], Math.sqrt((1e-6 * 2048 + 4e-6 * 32) / 2080)],
    ['norm', [-1], NaN],
  ] as const)('%s of %j', (id, nodes, cell) => {
    const found = cellOf(id, numbers, topology, nodes);
    if (Number.isNaN(cell)) expect(found).toBeNaN();
    else expect(found).toBeCloseTo(cell, 6);
  });

  it('joins updates by the norms of their weights', () => {
    const two = numbersOf(topology, () => 1e-3);
    two.update[topology.parameters.indexOf(bias)] = 1e-1;
    const expected = Math.sqrt((1e-6 * 2048 + 1e-2 * 32) / 2080);
    expect(cellOf('ratio', two, topology, [weight, bias])).toBeCloseTo(expected, 6);
    two.update.fill(NaN);
    expect(cellOf('ratio', two, topology, [weight, bias])).toBeNaN();
  });

  it('has no update ratio of weights that are no numbers', () => {
    const broken = numbersOf(topology, () => 1e-3);
    broken.update.fill(NaN);
    broken.values[weight * 6 + 5] = 1;
    expect(cellOf('ratio', broken, topology, [weight])).toBe(Infinity);
  });

  it('says what is not finite, and what nothing was seen of', () => {
    const broken = numbersOf(topology, (n) => (n.name === 'fc1.bias' ? Infinity : 1e-3));
    expect(cellOf('norm', broken, topology, [weight, bias])).toBe(Infinity);
    const none = numbersOf(topology, () => NaN);
    expect(cellOf('norm', none, topology, [weight])).toBeNaN();
  });

  it.each([
    ['norm', 3.2e-4, '3.2e-4'],
    ['norm', NaN, 'none'],
    ['norm', Infinity, 'NaN, inf'],
    ['zero', 0.004, '<1%'],
    ['zero', 0.45, '45%'],
    ['dead', 0.999, '>99%'],
  ] as const)('%s %d reads %s', (id, cell, text) => {
    expect(cellText(measureOf(id), cell)).toBe(text);
  });
});

describe('histograms of a row', () => {
  const numbers = numbersOf(topology, () => 1e-3);
  numbers.histograms = new Uint8Array(topology.nodes.length * 2 * HISTOGRAM_BINS);
  const put = (at: number, gradient: boolean, bin: number, share: number) =>
    (numbers.histograms[(at * 2 + (gradient ? 1 : 0)) * HISTOGRAM_BINS + bin] = Math.round(
      255 * Math.sqrt(share),
    ));
  put(weight, true, 40, 0.75);
  put(weight, true, 30, 0.25);
  put(bias, true, 40, 1);

  it('are shares again, weighted by how many values there are', () => {
    const one = sharesOf('gradient', numbers, topology, [weight])!;
    expect(one[40]).toBeCloseTo(0.75, 1);
    expect(one.reduce((a, b) => a + b, 0)).toBeCloseTo(1);
    const both = sharesOf('gradient', numbers, topology, [weight, bias])!;
    expect(both[30]).toBeCloseTo((0.25 * 2048) / 2080, 1);
  });

  it('are none where none were made', () => {
    expect(sharesOf('value', numbers, topology, [weight])).toBeNull();
    expect(
      sharesOf(
        'gradient',
        numbersOf(topology, () => 1),
        topology,
        [weight],
      ),
    ).toBeNull();
  });
});

describe('what is told of a step', () => {
  const rows = rowsOf(treeOf([topology], 'parameters'), () => false);
  it.each([
    ['norm', [1e-9, 1e-4, 1e-2], 'fc1 gets a gradient 1.0e7 times weaker than fc3', 'bad'],
    ['norm', [1e-3, 2e-3, 1e-2], '1.0e-3 (fc1) to 1.0e-2 (fc3)', 'plain'],
    ['norm', [1e-3, NaN, 1e-2], '1.0e-3 (fc1) to 1.0e-2 (fc3); none for fc2', 'plain'],
    ['norm', [1e-3, Infinity, Infinity], 'gradient norm not finite in fc2 and fc3', 'bad'],
    ['norm', [0, 0, 0], 'gradient norm zero everywhere', 'bad'],
    ['norm', [NaN, NaN, NaN], 'no gradient norm in this step', 'plain'],
    ['zero', [0, 0.5, 0.1], 'most zero gradients: 50% of fc2', 'plain'],
    ['zero', [0, 0, 0], 'zero gradients: none anywhere', 'plain'],
  ] as const)('%s %j', (id, cells, text, tone) => {
    expect(story(measureOf(id), rows, cells)).toEqual({ text, tone });
  });

  it('leaves out groups that are open: their rows say it', () => {
    const open = rowsOf(treeOf([topology], 'parameters'), () => true);
    const cells = open.map((row) => (row.kind === 'group' ? 1e-9 : 1e-3));
    expect(story(measureOf('norm'), open, cells).tone).toBe('plain');
  });

  it('is about nothing where there are no rows', () => {
    const empty = rowsOf(treeOf([new Program('empty').topology()], 'parameters'), () => true);
    expect(story(measureOf('norm'), empty, []).text).toBe('no gradient norm in this step');
  });
});
