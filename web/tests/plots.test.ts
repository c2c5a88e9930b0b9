import { describe as group, expect, it } from 'vitest';
import {
  decades,
  describe,
  extent,
  formatLoss,
  smooth,
  smoothingWeight,
  valueAt,
  wantsLog,
  type Curve,
} from '../src/plots/series';
import { chosen, logRatio, shortNames } from '../src/plots/updates';

const curve = (values: number[], steps = values.map((_, i) => i + 1)): Curve => ({
  id: 0,
  name: 'loss',
  line: 3,
  kind: 'loss',
  steps,
  values,
  length: values.length,
});

group('smooth', () => {
  it.each([
    ['a constant stays', [2, 2, 2], 0.9, [2, 2, 2]],
    ['no weight is no smoothing', [1, 5, 3], 0, [1, 5, 3]],
    ['the start is not pulled to zero', [4, 4], 0.5, [4, 4]],
    ['the mean lags', [0, 1], 0.5, [0, 2 / 3]],
  ])('%s', (_, values, weight, expected) => {
    const out = smooth(values, values.length, weight);
    expected.forEach((value, i) => expect(out[i]).toBeCloseTo(value, 12));
  });
  it('leaves a gap at NaN and goes on from the mean before it', () => {
    const out = smooth([1, NaN, 1], 3, 0.9);
    expect([out[0], Number.isNaN(out[1]), out[2]]).toEqual([1, true, 1]);
  });
  it('does not smooth what is short', () => {
    expect(smoothingWeight(19)).toBe(0);
    expect(smoothingWeight(1000)).toBeGreaterThan(0.9);
  });
});

group('axes', () => {
  it.each([
    [[1, 2, 3], false],
    [[2.3, 0.01], true],
    [[-1, 100], false],
    [[0, 100], false],
    [[NaN], false],
  ])('a logarithm for %j: %s', (values, log) => {
    expect(wantsLog(extent([curve(values)]))).toBe(log);
  });
  it.each([
    [0.002, 2.3, [0.01, 0.1, 1]],
    [0.001, 10, [0.001, 0.01, 0.1, 1, 10]],
    [2, 5, []],
  ])('has a line a decade from %d to %d', (low, high, lines) => {
    const found = decades(low, high);
    expect(found).toHaveLength(lines.length);
    lines.forEach((line, i) => expect(found[i]).toBeCloseTo(line, 12));
  });
  it('ignores what is not finite', () => {
    expect(extent([curve([NaN, 3, Infinity, 1])])).toEqual([1, 3]);
  });
});

group('reading a curve', () => {
  it.each([
    [0, null],
    [1, 10],
    [4, 10],
    [5, 20],
    [99, 30],
  ])('at step %d: %s', (step, value) => {
    expect(valueAt(curve([10, 20, 30], [1, 5, 9]), step)).toBe(value);
  });
  it('says in a sentence what it shows', () => {
    expect(describe([curve([2.3, 0.01])])).toBe('Loss: loss 2.300 to 0.010 over 2 points.');
    expect(describe([])).toBe('No loss yet.');
  });
  it.each([
    [2.3026, '2.303'],
    [0.00001, '1.0e-5'],
    [123456, '1.2e+5'],
    [NaN, 'NaN'],
    [-Infinity, '-inf'],
    [0, '0.000'],
  ])('writes %d as %s', (value, text) => expect(formatLoss(value)).toBe(text));
});

group('update ratios', () => {
  it('draws weights where there are any', () => {
    expect(chosen(['fc1.weight', 'fc1.bias', 'gain'])).toEqual([0, 2]);
    expect(chosen(['bias'])).toEqual([0]);
  });
  it('shortens names only where they stay distinct', () => {
    expect(shortNames(['fc1.weight', 'fc2.weight'])).toEqual(['fc1', 'fc2']);
    expect(shortNames(['a.weight', 'a'])).toEqual(['a.weight', 'a']);
  });
  it.each([
    [1e-3, -3],
    [0, -8],
    [NaN, null],
    [1e-20, -8],
  ])('takes %d as %s', (ratio, log) => {
    const found = logRatio(ratio);
    if (log === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(log, 12);
  });
});
