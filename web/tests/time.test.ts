import { describe, expect, it } from 'vitest';
import {
  momentToShare,
  nearestStep,
  neighbour,
  phaseShares,
  shareToMoment,
  shiftMoment,
  stepToX,
  type Moment,
} from '../src/time/track';

const counts = { forward: 8, backward: 6, update: 1 };

describe('steps on the track', () => {
  it.each([
    [1, 500, 0],
    [500, 500, 998],
    [900, 500, 998],
    [1, 1, 0],
  ])('step %d of %d lies at %d', (step, total, x) => expect(stepToX(step, total, 998)).toBe(x));

  it.each([
    [0, 1],
    [100, 500],
    [41, 200],
    [9, 1],
    [13, 100],
  ])('a click at %d%% goes to the recorded step %d', (x, step) => {
    expect(nearestStep(x, 500, 100, [1, 100, 200, 500])).toBe(step);
  });
  it('goes nowhere before anything is recorded', () => {
    expect(nearestStep(5, 500, 100, [])).toBeNull();
    expect(neighbour([], 1, 1)).toBeNull();
  });
  it.each([
    [100, 1, 200],
    [100, -1, 1],
    [1, -1, 1],
    [500, 5, 500],
    [120, 1, 200],
  ])('from %d by %d to %d', (from, by, to) => {
    expect(neighbour([1, 100, 200, 500], from, by)).toBe(to);
  });
});

describe('phases', () => {
  it('share the whole track', () => {
    const shares = phaseShares(counts);
    expect(shares.forward + shares.backward + shares.update).toBeCloseTo(1, 12);
    expect(phaseShares({ forward: 1, backward: 0, update: 0 }).update).toBeGreaterThan(0.1);
  });
  it.each<[Moment]>([
    [{ phase: 'forward', op: 0 }],
    [{ phase: 'forward', op: 5 }],
    [{ phase: 'backward', op: 3 }],
    [{ phase: 'update', op: 1 }],
  ])('finds %j again at its place', (moment) => {
    expect(shareToMoment(momentToShare(moment, counts), counts)).toEqual(moment);
  });
  it('walks through all of them and stops at both ends', () => {
    let moment: Moment | null = { phase: 'forward', op: 0 };
    const walked: string[] = [];
    while (moment) {
      walked.push(`${moment.phase} ${moment.op}`);
      moment = shiftMoment(moment, counts, 1);
    }
    expect(walked).toHaveLength(9 + 6 + 1);
    expect(walked.at(-1)).toBe('update 1');
    expect(shiftMoment({ phase: 'forward', op: 0 }, counts, -1)).toBeNull();
    expect(shiftMoment({ phase: 'backward', op: 0 }, counts, -1)).toEqual({
      phase: 'forward',
      op: 8,
    });
  });
});
