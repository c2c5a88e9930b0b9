import { describe, expect, it } from 'vitest';
import { bytes, formatBytes, formatShare, formatValue } from '../src/inspector/format';
import { asMatrix, linearHistogram, logHistogram } from '../src/inspector/histogram';
import { gradientOf, neighbours, parameterRows, titleOf, valueOf } from '../src/inspector/read';
import { STATISTICS, type Node, type Numbers, type Topology } from '../src/protocol';

describe('format', () => {
  it.each([
    ['torch.float32', [64, 32], '8.0 KB'],
    ['int64', [64], '512 B'],
    ['float64', [], '8 B'],
    ['odd', [2], ''],
  ])('%s %j takes %s', (dtype, shape, size) => expect(bytes(dtype, shape)).toBe(size));
  it.each([
    [0, '0'],
    [1.07, '1.070'],
    [0.00024, '2.4e-4'],
    [12345.6, '12345.6'],
    [NaN, 'NaN'],
    [-Infinity, '-inf'],
  ])('%d as a value: %s', (value, text) => expect(formatValue(value)).toBe(text));
  it.each([
    [0, '0%'],
    [0.001, '<1%'],
    [0.51, '51%'],
    [0.9999, '>99%'],
    [1, '100%'],
    [NaN, '-'],
  ])('the share %d as %s', (share, text) => expect(formatShare(share)).toBe(text));
  it('counts bytes in units', () => expect(formatBytes(3_250_586)).toBe('3.1 MB'));
});

describe('histograms', () => {
  it('puts every finite value in a bin and counts the rest', () => {
    const found = linearHistogram([0, 1, 2, 3, NaN, Infinity], 4);
    expect(found).toMatchObject({ counts: [1, 1, 1, 1], low: 0, high: 3, zero: 1, nonfinite: 2 });
  });
  it('has one bin for one value, and none for none', () => {
    expect(linearHistogram([5, 5], 3).counts).toEqual([2, 0, 0]);
    expect(linearHistogram([NaN], 3)).toMatchObject({ counts: [0, 0, 0], low: 0, high: 0 });
  });
  it('bins magnitudes by decades, clamped at both ends', () => {
    const found = logHistogram([1e-9, -1e-7, 0, 1e3], 10);
    expect(found).toMatchObject({ counts: [1, 1, 0, 0, 0, 0, 0, 0, 0, 1], zero: 1 });
  });
  it.each([
    [[], [1, 1]],
    [[7], [1, 7]],
    [
      [4, 3],
      [4, 3],
    ],
    [
      [2, 4, 3],
      [8, 3],
    ],
  ])('lays %j out as %j', (block, matrix) => expect(asMatrix(block)).toEqual(matrix));
});

const node = (key: string, fields: Partial<Node> = {}): Node => ({
  key,
  kind: 'op',
  name: key,
  group: -1,
  shape: [2],
  dtype: 'float32',
  device: 'cpu',
  requires_grad: true,
  backward: '',
  formula: '',
  frames: [],
  target: '',
  failed: false,
  cut: '',
  ends: [],
  origin: -1,
  ...fields,
});

const topology = {
  nodes: [
    node('x', { kind: 'input' }),
    node('w', { kind: 'parameter' }),
    node('linear', { group: 0 }),
    node('relu'),
  ],
  edges: [
    { source: 0, target: 2, slot: 0 },
    { source: 1, target: 2, slot: 1 },
    { source: 2, target: 3, slot: 0 },
  ],
  groups: [
    { key: 'fc1', kind: 'module', name: 'fc1', title: 'Linear', parent: -1, line: 4, fold: '' },
  ],
  parameters: [1],
} as unknown as Topology;

const width = STATISTICS.length;
const numbers = {
  values: Float32Array.from({ length: 4 * width }, (_, i) => i),
  gradients: Float32Array.from({ length: 4 * width }, (_, i) => -i),
  present: Uint8Array.from([1, 3, 3, 1]),
  update: Float32Array.from([1e-3]),
} as unknown as Numbers;

describe('reading a step', () => {
  it('takes a row of statistics only where one was seen', () => {
    expect(valueOf(numbers, 1)?.mean).toBe(width + 1);
    expect(gradientOf(numbers, 1)?.mean).toBe(-width - 1);
    expect(gradientOf(numbers, 3)).toBeNull();
    expect(valueOf(null, 1)).toBeNull();
  });
  it('lists parameters with their gradient and update', () => {
    const [row] = parameterRows(topology, numbers);
    expect(row.key).toBe('w');
    expect(row.gradient?.rms).toBe(-width);
    expect(row.update).toBeCloseTo(1e-3, 9);
    expect(parameterRows(topology, null)[0].update).toBeNaN();
  });
  it('knows what flows in and out', () => {
    const { inputs, consumers } = neighbours(topology, 2);
    expect(inputs.map((n) => n.key)).toEqual(['x', 'w']);
    expect(consumers.map((n) => n.key)).toEqual(['relu']);
  });
  it('names an only operation after its module', () => {
    expect(titleOf(topology, topology.nodes[2])).toBe('fc1 linear');
    expect(titleOf(topology, topology.nodes[3])).toBe('relu');
  });
});
