import { describe, expect, it } from 'vitest';
import { Curve } from '../../src/state/curve';
import { Recording } from '../../src/state/recording';

const step = (n: number): { step: number } => ({ step: n });

describe('recorded steps', () => {
  it('are in order whatever order they come in, and a step is kept once', () => {
    const recording = new Recording<{ step: number; tag?: string }>(() => 1);
    for (const n of [3, 1, 2, 5, 4]) recording.add(step(n));
    recording.add({ step: 3, tag: 'again' });
    expect(recording.entries.map((entry) => entry.step)).toEqual([1, 2, 3, 4, 5]);
    expect(recording.at(3)).toEqual({ step: 3, tag: 'again' });
    expect(recording.bytes).toBe(5);
  });

  it.each([
    [0, 10],
    [10, 10],
    [15, 10],
    [20, 20],
    [99, 30],
  ])('at %d the step %d is shown', (asked, shown) => {
    const recording = new Recording<{ step: number }>(() => 1);
    for (const n of [10, 20, 30]) recording.add(step(n));
    expect(recording.at(asked)!.step).toBe(shown);
  });

  it('thin on a log scale: the first and the newest stay, the past grows sparse', () => {
    const recording = new Recording<{ step: number }>(() => 1);
    for (let n = 1; n <= 20_000; n++) recording.add(step(n));
    const steps = recording.entries.map((entry) => entry.step);
    expect(steps.length).toBeLessThanOrEqual(2_000);
    expect(steps.slice(0, 3)).toEqual([1, 2, 3]);
    expect(steps.slice(-200)).toEqual(Array.from({ length: 200 }, (_, i) => 19_801 + i));
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    const between = (from: number, to: number): number =>
      steps.filter((n) => n >= from && n < to).length;
    // Decades of a log scale have about the same share each.
    expect(between(100, 1_000) / between(1_000, 10_000)).toBeGreaterThan(0.5);
    expect(between(100, 1_000) / between(1_000, 10_000)).toBeLessThan(2);
    expect(recording.dropped).toBe(20_000 - steps.length);
  });

  it('keep within the bytes, and at least the newest one', () => {
    const recording = new Recording<{ step: number }>(() => 40, {
      steps: 100,
      tail: 50,
      bytes: 1_000,
    });
    for (let n = 1; n <= 80; n++) recording.add(step(n));
    expect(recording.bytes).toBeLessThanOrEqual(1_000);
    expect(recording.last!.step).toBe(80);
    const huge = new Recording<{ step: number }>(() => 5_000, {
      steps: 100,
      tail: 50,
      bytes: 1_000,
    });
    huge.add(step(1));
    huge.add(step(2));
    expect(huge.entries).toEqual([step(2)]);
  });
});

describe('a curve', () => {
  const curve = (max: number): Curve =>
    new Curve({ id: 0, name: 'loss', line: 1, kind: 'loss' }, max);

  it('grows, and tells its value at any step', () => {
    const loss = curve(10_000);
    for (let n = 1; n <= 1_000; n++) loss.push(2 * n, 1 / n);
    expect([loss.length, loss.firstValue, loss.lastStep, loss.lastValue]).toEqual([
      1_000, 1, 2_000, 0.001,
    ]);
    expect(loss.valueAt(1)).toBeNaN();
    expect(loss.valueAt(4)).toBe(0.5);
    expect(loss.valueAt(5)).toBe(0.5);
    expect(loss.valueAt(Infinity)).toBe(0.001);
  });

  it('thins without losing a spike, a dip or what is not finite, and stays in order', () => {
    const loss = curve(1_000);
    for (let n = 1; n <= 50_000; n++)
      loss.push(n, n === 777 ? 99 : n === 31_234 ? -99 : n === 4_321 ? NaN : 1);
    const values = [...loss.values.subarray(0, loss.length)];
    const steps = [...loss.steps.subarray(0, loss.length)];
    expect(loss.length).toBeLessThanOrEqual(1_000);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(values).toContain(99);
    expect(values).toContain(-99);
    expect(values.some(Number.isNaN)).toBe(true);
    expect(loss.firstNonfinite).toBe(4_321);
    expect([loss.lastStep, loss.lastValue]).toEqual([50_000, 1]);
  });
});
