// What moves on the stage, and nothing else does: colours that fade from one step's to the next's,
// and a played step: operations appear, the light runs back, the update pulses.

import type { Numbers } from '../protocol';
import { isBefore, playAt, timesOf, type Cursor, type Stop } from './playback';

/** Durations in ms, from the tokens; all are 0 where motion is to be reduced. */
export interface Motion {
  fade: number;
  hop: number;
  settle: number;
}

interface Played {
  route: readonly Stop[];
  times: Float64Array;
  /** Where on `times` it is. */
  elapsed: number;
  oncursor: (cursor: Cursor) => void;
  onend: () => void;
}

export class Player {
  #before = $state.raw<Numbers | null>(null);
  #fade = $state(1);
  #way = $state(1);
  #fadeBegan = 0;
  #played: Played | null = null;
  /** The place that was told last: another one in the cursor comes from someone else. */
  #told: Cursor | null = null;
  #frame = 0;
  #frameAt = 0;
  readonly #motion: () => Motion;
  readonly #speed: () => number;

  constructor(motion: () => Motion, speed: () => number = () => 1) {
    this.#motion = motion;
    this.#speed = speed;
  }

  /** The numbers that fade out, and how far they have, 0 to 1. */
  get before(): Numbers | null {
    return this.#before;
  }

  get fade(): number {
    return this.#fade;
  }

  /** How far the light is on its hop, 0 to 1. */
  get way(): number {
    return this.#way;
  }

  fadeFrom(numbers: Numbers): void {
    this.#before = numbers;
    this.#fade = 0;
    this.#fadeBegan = performance.now();
    this.#run();
  }

  /** Play from the stop after `at`; the same place as told before goes on. */
  play(
    at: Cursor,
    route: readonly Stop[],
    oncursor: Played['oncursor'],
    onend: Played['onend'],
  ): void {
    if (this.#played && this.#told && same(at, this.#told)) return;
    const { hop, settle } = this.#motion();
    const times = timesOf(route, hop, settle);
    const next = route.findIndex((stop) => isBefore(at, stop));
    const elapsed = next < 0 ? Infinity : next > 0 ? times[next - 1] : 0;
    this.#told = at;
    this.#played = { route, times, elapsed, oncursor, onend };
    this.#frameAt = performance.now();
    this.#run();
  }

  halt(): void {
    this.#played = null;
    this.#told = null;
    this.#way = 1;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #run(): void {
    this.#frame ||= requestAnimationFrame((now) => this.#turn(now));
  }

  #turn(now: number): void {
    this.#frame = 0;
    const { fade, hop, settle } = this.#motion();
    if (this.#before) {
      this.#fade = fade > 0 ? Math.min(1, Math.max(0, (now - this.#fadeBegan) / fade)) : 1;
      if (this.#fade >= 1) this.#before = null;
    }
    const played = this.#played;
    if (played) {
      played.elapsed += Math.max(0, now - this.#frameAt) * this.#speed();
      this.#frameAt = now;
      const at = playAt(played.times, played.elapsed, hop, settle);
      const stop = played.route[at.stop];
      this.#way = at.done ? 1 : 1 - (1 - at.way) ** 2;
      // A stop that is gone back to from its end is not told again.
      if (
        stop &&
        !same(stop, this.#told) &&
        !(at.done && this.#told && isBefore(stop, this.#told))
      ) {
        this.#told = { phase: stop.phase, op: stop.op };
        played.oncursor(this.#told);
      }
      if (at.done) {
        this.#played = null;
        played.onend();
      }
    }
    if (this.#before || this.#played) this.#run();
  }
}

function same(a: Cursor, b: Cursor | null): boolean {
  return b !== null && a.phase === b.phase && a.op === b.op;
}
