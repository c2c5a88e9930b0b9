import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Player, type Motion } from '../../src/flow/player.svelte';
import type { Cursor, Stop } from '../../src/flow/playback';
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

const ROUTE: Stop[] = [
  { phase: 'forward', op: 7, hops: 1 },
  ...[2, 3, 5].map((op): Stop => ({ phase: 'backward', op, hops: 1 })),
];
const START: Cursor = { phase: 'forward', op: 0 };

function played(at: Cursor = START, speed = 1) {
  const told: string[] = [];
  let ends = 0;
  let rate = speed;
  const player = new Player(
    () => USUAL,
    () => rate,
  );
  const tell = (cursor: Cursor) => told.push(`${cursor.phase} ${cursor.op}`);
  player.play(at, ROUTE, tell, () => ends++);
  return { player, told, ends: () => ends, faster: (next: number) => (rate = next) };
}

describe('a played step', () => {
  it('goes from stop to stop and ends once', () => {
    const { player, told, ends } = played();
    pass(20);
    expect(told).toEqual(['forward 7']);
    expect(player.way).toBeLessThan(0.5);
    pass(270);
    expect(player.way).toBe(1);
    pass(3000);
    expect(told).toEqual(['forward 7', 'backward 2', 'backward 3', 'backward 5']);
    expect([ends(), queue.length]).toEqual([1, 0]);
  });

  it('goes on from where the cursor is', () => {
    const { told } = played({ phase: 'backward', op: 2 });
    pass(3000);
    expect(told).toEqual(['backward 3', 'backward 5']);
  });

  it.each([
    [4, 80],
    [0.5, 610],
  ])('at %d times the speed makes a hop in %d ms', (speed, ms) => {
    const { told } = played(START, speed);
    pass(ms - 20);
    expect(told).toEqual(['forward 7']);
    pass(40);
    expect(told).toEqual(['forward 7', 'backward 2']);
  });

  it('goes on from where it is when the speed changes', () => {
    const { told, faster } = played();
    pass(150);
    faster(8);
    pass(30);
    expect(told).toEqual(['forward 7', 'backward 2']);
  });

  it('is not disturbed by hearing its own place back, but follows another', () => {
    const { player, told } = played();
    pass(20);
    const later: string[] = [];
    const tell = (cursor: Cursor) => later.push(`${cursor.phase} ${cursor.op}`);
    player.play({ phase: 'forward', op: 7 }, ROUTE, tell, () => {});
    pass(310);
    expect([told, later]).toEqual([['forward 7', 'backward 2'], []]);
    player.play({ phase: 'backward', op: 3 }, ROUTE, tell, () => {});
    pass(20);
    expect([told.length, later]).toEqual([2, ['backward 5']]);
  });

  it('stops when it is halted', () => {
    const { player, told, ends } = played();
    pass(20);
    player.halt();
    pass(3000);
    expect([told, ends(), player.way]).toEqual([['forward 7'], 0, 1]);
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
