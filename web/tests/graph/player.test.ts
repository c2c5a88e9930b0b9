import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Player, type Motion } from '../../src/flow/player.svelte';
import type { Cursor } from '../../src/flow/playback';
import { mlp, numbersOf } from './build';

const USUAL: Motion = { fade: 200, hop: 140, settle: 320 };
const STILL: Motion = { fade: 0, hop: 0, settle: 0 };

let clock = 0;
let queue: FrameRequestCallback[] = [];

/** Let time pass in frames of 10 ms. */
function pass(ms: number): void {
  for (const end = clock + ms; clock < end;) {
    clock += 10;
    const due = queue;
    queue = [];
    for (const callback of due) callback(clock);
  }
}

beforeEach(() => {
  clock = 0;
  queue = [];
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => queue.push(callback));
  vi.stubGlobal('cancelAnimationFrame', () => (queue = []));
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function played(motion: Motion, op: number, stops = [2, 3, 5, 7]) {
  const told: Cursor[] = [];
  let ends = 0;
  const player = new Player(() => motion);
  player.play(
    op,
    stops,
    (cursor) => told.push(cursor),
    () => ends++,
  );
  return { player, ops: () => told.map((c) => c.op), ends: () => ends };
}

describe('a played backward pass', () => {
  it('goes from stop to stop and ends once', () => {
    const { player, ops, ends } = played(USUAL, 0);
    pass(20);
    expect(ops()).toEqual([2]);
    expect(player.way).toBeLessThan(0.5);
    pass(270);
    expect(player.way).toBe(1);
    pass(3000);
    expect([ops(), ends(), queue.length]).toEqual([[2, 3, 5, 7], 1, 0]);
  });

  it('goes on from where the cursor is', () => {
    const { ops } = played(USUAL, 3);
    pass(3000);
    expect(ops()).toEqual([5, 7]);
  });

  it('is not disturbed by hearing its own place back, but follows another', () => {
    const { player, ops } = played(USUAL, 0);
    pass(20);
    const later: number[] = [];
    player.play(
      2,
      [2, 3, 5, 7],
      (c) => later.push(c.op),
      () => {},
    );
    pass(310);
    expect([ops(), later]).toEqual([[2, 3], []]);
    player.play(
      5,
      [2, 3, 5, 7],
      (c) => later.push(c.op),
      () => {},
    );
    pass(20);
    expect([ops(), later]).toEqual([[2, 3], [7]]);
  });

  it('is over at once where motion is to be reduced', () => {
    const { ops, ends } = played(STILL, 0);
    pass(10);
    expect([ops(), ends()]).toEqual([[7], 1]);
  });

  it('stops when it is halted', () => {
    const { player, ops, ends } = played(USUAL, 0);
    pass(20);
    player.halt();
    pass(3000);
    expect([ops(), ends(), player.way]).toEqual([[2], 0, 1]);
  });
});

describe('colours of another step', () => {
  const numbers = numbersOf(mlp(), () => 1e-3);

  it('fade over, and a new fade begins anew', () => {
    const player = new Player(() => USUAL);
    player.fadeFrom(numbers);
    pass(100);
    expect([player.before, player.fade]).toEqual([numbers, 0.5]);
    player.fadeFrom(numbers);
    pass(100);
    expect(player.fade).toBe(0.5);
    pass(200);
    expect([player.before, player.fade, queue.length]).toEqual([null, 1, 0]);
  });

  it('change at once where motion is to be reduced', () => {
    const player = new Player(() => STILL);
    player.fadeFrom(numbers);
    pass(10);
    expect(player.before).toBeNull();
  });
});
