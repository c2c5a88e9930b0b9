/** The one place in time that every panel shows: a step, and a moment within it. */

export type Phase = 'forward' | 'backward' | 'update';

/** A moment within a step; `op` counts the operations of its phase that are done. */
export interface Moment {
  phase: Phase;
  op: number;
}

export class Cursor {
  #step = $state<number | null>(null);
  #moment = $state.raw<Moment | null>(null);
  #playing = $state(false);
  #walking = $state(false);

  /** The chosen step; null follows the newest. */
  get step(): number | null {
    return this.#step;
  }

  get live(): boolean {
    return this.#step === null;
  }

  /** Null shows the step as it ended. */
  get moment(): Moment | null {
    return this.#moment;
  }

  /** Whether the step on show is being played, operation by operation. */
  get playing(): boolean {
    return this.#playing;
  }

  /** Whether the run is being played, step by step. */
  get walking(): boolean {
    return this.#walking;
  }

  goTo(step: number): void {
    this.#step = step;
  }

  goToMoment(moment: Moment | null): void {
    this.#moment = moment;
  }

  play(playing: boolean): void {
    this.#playing = playing;
    if (playing) this.#walking = false;
  }

  walk(walking: boolean): void {
    this.#walking = walking;
    if (!walking) return;
    this.#playing = false;
    this.#moment = null;
  }

  /** Follow the newest step from now on. */
  goLive(): void {
    this.#step = null;
    this.#moment = null;
    this.#playing = this.#walking = false;
  }
}
