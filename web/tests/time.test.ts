import { describe, expect, it } from 'vitest';
import { placeMarks, type Mark } from '../src/time/marks';
import { paceOf, SPEEDS } from '../src/time/pace';
import {
  Axis,
  gaps,
  LINEAR_STEPS,
  momentToShare,
  nearestStep,
  neighbour,
  phaseShares,
  runsOf,
  shareToMoment,
  shiftMoment,
  type Moment,
} from '../src/time/track';

const counts = { forward: 8, backward: 6, update: 1 };

describe('steps on the track', () => {
  it.each([
    [1, 500, 0],
    [500, 500, 1],
    [900, 500, 1],
    [1, 1, 0],
  ])('step %d of %d lies at %d', (step, total, share) =>
    expect(new Axis(total).share(step)).toBe(share),
  );

  it.each([
    [0, 1],
    [100, 500],
    [41, 200],
    [9, 1],
    [13, 100],
  ])('a click at %d%% goes to the recorded step %d', (x, step) => {
    expect(nearestStep(x / 100, new Axis(500), [1, 100, 200, 500])).toBe(step);
  });
  it('goes nowhere before anything is recorded', () => {
    expect(nearestStep(0.05, new Axis(500), [])).toBeNull();
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

describe('the axis of a long run', () => {
  it.each([1, 2, 500, LINEAR_STEPS, 2_001, 50_000, 3_000_000])(
    'of %d steps leads from the first to the last, and back',
    (total) => {
      const axis = new Axis(total);
      expect(axis.share(1)).toBe(0);
      if (total > 1) expect(axis.share(total)).toBeCloseTo(1, 9);
      for (const step of [1, 2, 77, 1_500, total].filter((one) => one <= total))
        expect(axis.step(axis.share(step))).toBe(step);
    },
  );

  it('is straight up to a length, then gives the early steps more room', () => {
    expect(new Axis(2_000).share(1_000)).toBeCloseTo(0.5, 3);
    expect(new Axis(2_002).share(1_000)).toBeCloseTo(0.5, 2); // nothing jumps there
    expect(new Axis(50_000).share(1_000)).toBeGreaterThan(0.4);
    expect(new Axis(2_000).labels).toEqual([]);
  });

  it('says round steps, none too close to the next', () => {
    const axis = new Axis(50_000);
    const { labels } = axis;
    expect(labels.map(({ text }) => text)).toContain('10k');
    labels
      .slice(1)
      .forEach(({ step }, i) =>
        expect(axis.share(step) - axis.share(labels[i].step)).toBeGreaterThan(0.06),
      );
  });

  it.each([
    [
      'a stretch between recorded steps',
      [1, 2, 50, 51],
      100,
      [
        [2, 50],
        [51, 101],
      ],
    ],
    ['none where every step is recorded', [1, 2, 3], 3, []],
    ['what ran since the last recorded one', [1], 60, [[1, 61]]],
  ] as [string, number[], number, number[][]][])('shows %s', (_, recorded, latest, expected) => {
    const axis = new Axis(101);
    expect(gaps(recorded, latest, axis, 0.05)).toEqual(
      expected.map(([from, to]) => ({ from: axis.share(from), to: axis.share(to) })),
    );
  });
});

describe('marks', () => {
  const mark = (step: number, kind: Mark['kind'] = 'graph'): Mark => ({ step, kind, text: kind });
  const axis = new Axis(101);

  it('that fall on one place share it, the worst first', () => {
    const placed = placeMarks([mark(50), mark(53, 'error'), mark(90)], axis, 500);
    expect(placed.map(({ kind, all }) => [kind, all.length])).toEqual([
      ['error', 2],
      ['graph', 1],
    ]);
  });

  it('have words where there is room for them, before the mark at the end', () => {
    const [first, second, last] = placeMarks([mark(1), mark(6), mark(101)], axis, 500);
    expect(first.room).toBe(0);
    expect(second.room).toBeGreaterThan(100);
    expect(last.before).toBe(true);
    expect(second.x + second.room + last.room).toBeLessThan(last.x - 20);
    expect(last.room).toBeGreaterThan(100);
  });
});

describe('playing the run', () => {
  it.each([2, 30, 500, 20_000])(
    'of %d recorded steps is even, and as fast as was asked',
    (count) => {
      const lasts = SPEEDS.map((speed) => {
        const { every, by } = paceOf(count, speed);
        expect(every).toBeGreaterThanOrEqual(16);
        return (every * count) / by;
      });
      lasts
        .slice(1)
        .forEach((ms, i) => expect(ms).toBeCloseTo((lasts[i] * SPEEDS[i]) / SPEEDS[i + 1], 3));
    },
  );
});

it('equal neighbours are one, and no more than asked for', () => {
  expect(runsOf(['a', 'a', 'b', 'a'], 9)).toEqual([
    { value: 'a', count: 2 },
    { value: 'b', count: 1 },
    { value: 'a', count: 1 },
  ]);
  const many = Array.from({ length: 10_000 }, (_, i) => i);
  expect(runsOf(many, 120)).toHaveLength(120);
});
