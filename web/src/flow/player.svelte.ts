// What moves on the stage, and nothing else does: colours that fade from one step's to the next's,
// and the light of a played backward pass.

import type { Numbers } from '../protocol';
import { playAt, type Cursor } from './playback';

/** Durations in ms, from the tokens; all are 0 where motion is to be reduced. */
export interface Motion {
  fade: number;
  hop: number;
  settle: number;
}

interface Played {
  stops: number[];
  from: number;
  started: number;
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
  #told = -1;
  #frame = 0;
  readonly #motion: () => Motion;

  constructor(motion: () => Motion) {
    this.#motion = motion;
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

  /** Play from the place after `op`; the same place as told before goes on. */
  play(op: number, stops: number[], oncursor: Played['oncursor'], onend: Played['onend']): void {
    if (this.#played && op === this.#told) return;
    const next = stops.findIndex((stop) => stop > op);
    this.#told = op;
    this.#played = {
      stops,
      from: next < 0 ? stops.length : next,
      started: performance.now(),
      oncursor,
      onend,
    };
    this.#run();
  }

  halt(): void {
    this.#played = null;
    this.#told = -1;
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
      const { stops, from } = played;
      const at = playAt(stops.length - from, Math.max(0, now - played.started), hop, settle);
      const op = at.stop > 0 ? stops[Math.min(stops.length, from + at.stop) - 1] : this.#told;
      this.#way = at.done ? 1 : 1 - (1 - at.way) ** 2;
      if (op !== this.#told) {
        this.#told = op;
        played.oncursor({ phase: 'backward', op });
      }
      if (at.done) {
        this.#played = null;
        played.onend();
      }
    }
    if (this.#before || this.#played) this.#run();
  }
}
