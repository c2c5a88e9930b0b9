// What is on the stage now: which groups the user opened, the layout of the scene, and that things
// stay where they were when groups open or a step takes another branch.

import type { Camera } from './camera.svelte';
import type { LayoutResult } from './layout';
import { Layouter } from './layouter';
import type { Metrics } from './metrics';
import { BUDGET, type Scene } from './model';
import { morphOf, type Morph } from './morph';
import { boxWithKey } from './picture';
import { canShowAll, readsWide, type Room } from './view';

export interface Staged {
  scene: Scene;
  result: LayoutResult;
}

/** What is tried one after the other until a picture is not too wide to read: first narrower boxes,
 * then fewer. */
const TRIES = [
  { boxes: BUDGET, narrow: false },
  { boxes: BUDGET, narrow: true },
  { boxes: 40, narrow: true },
  { boxes: 26, narrow: true },
  { boxes: 16, narrow: true },
];

export class Staging {
  #opened = $state.raw<ReadonlyMap<string, boolean>>(new Map());
  #turns = $state.raw<ReadonlyMap<string, number>>(new Map());
  #try = $state(0);
  #staged = $state.raw<Staged | null>(null);
  #morph: Morph | null = null;
  #moving = $state.raw<LayoutResult | null>(null);
  #share = $state(1);
  #frame = 0;
  readonly #layouter = new Layouter();
  readonly #camera: Camera;
  /** What was opened or closed, and where it was: it stays there. */
  #anchor: { key: string; at: [number, number] } | null = null;
  #wanted: Scene | null = null;

  readonly #duration: () => number;

  /** `duration`: of what moves when groups open, in ms; 0 where nothing is to move. */
  constructor(camera: Camera, duration: () => number) {
    this.#camera = camera;
    this.#duration = duration;
  }

  /** Open groups until this many boxes are on the stage. */
  get budget(): number {
    return TRIES[this.#try].boxes;
  }

  /** The picture is wide: its boxes are to be narrow. */
  get narrow(): boolean {
    return TRIES[this.#try].narrow;
  }

  /** Which turn of each loop is shown, by `Box.toggle`. */
  get turns(): ReadonlyMap<string, number> {
    return this.#turns;
  }

  showTurn(toggle: string, turn: number): void {
    this.#turns = new Map(this.#turns).set(toggle, turn);
  }

  /** The layout as it is drawn now: on its way while boxes move. */
  get layout(): LayoutResult | null {
    return this.#moving ?? this.#staged?.result ?? null;
  }

  /** Boxes that have just come, and how far they have, 0 to 1. */
  get fresh(): ReadonlySet<number> | null {
    return this.#moving && this.#morph ? this.#morph.fresh : null;
  }

  get appear(): number {
    return this.#share;
  }

  /** What the user opened (true) or closed (false), by `Box.toggle`. */
  get opened(): ReadonlyMap<string, boolean> {
    return this.#opened;
  }

  /** The scene with its layout; the last one until the next one's layout is there. */
  get staged(): Staged | null {
    return this.#staged;
  }

  clear(): void {
    this.#wanted = null;
    this.#staged = null;
    this.#try = 0;
  }

  /** Take the layout of a scene from the cache, or ask for it; `done` hears when it is on the stage. */
  show(scene: Scene, metrics: Metrics, room: Room, done: (frame: boolean) => void): void {
    this.#wanted = scene;
    const take = (result: LayoutResult) => this.#adopt({ scene, result }, room, metrics, done);
    const known = this.#layouter.known(scene, metrics);
    if (known) take(known);
    else {
      void this.#layouter.ask(scene, metrics).then((result) => {
        if (this.#wanted === scene) take(result);
      });
    }
  }

  /** Open what is closed and close what is open. */
  toggle(index: number): void {
    const box = this.#staged?.scene.boxes[index];
    if (!this.#staged || !box?.toggle) return;
    const { x, y } = this.#staged.result.frames[index];
    this.#anchor = { key: box.key, at: this.#camera.toScreen(x, y) };
    const next = new Map(this.#opened);
    next.set(box.toggle, box.kind !== 'open');
    this.#opened = next;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#layouter.dispose();
  }

  #move(morph: Morph | null): void {
    cancelAnimationFrame(this.#frame);
    this.#moving = null;
    this.#share = 1;
    this.#morph = morph;
    const duration = this.#duration();
    if (!morph || !(duration > 0)) return;
    const began = performance.now();
    const turn = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - began) / duration));
      const eased = 1 - (1 - share) ** 3;
      this.#share = eased;
      this.#moving = share < 1 ? morph.at(eased) : null;
      if (share < 1) this.#frame = requestAnimationFrame(turn);
    };
    turn(began);
  }

  /** Put a scene on the stage, and say whether the view should be chosen anew. */
  #adopt(next: Staged, room: Room, metrics: Metrics, done: (frame: boolean) => void): void {
    const old = this.#staged;
    if (old && old.result === next.result) {
      // Another step of the same graphs, or another turn: nothing moves.
      this.#anchor = null;
      this.#staged = next;
      return done(false);
    }
    const step = old !== null && next.scene.topology !== old.scene.topology;
    // Too wide to be read, and nobody has opened anything: another try.
    const shares = old && sharedBoxes(next.scene, old.scene).length >= next.scene.boxes.length / 2;
    const wide = !readsWide(next.result.bounds, room, metrics);
    if (!shares && wide && !this.#opened.size && this.#try < TRIES.length - 1) {
      this.#try++;
      this.#wanted = null;
      return;
    }
    const view = this.#camera.view;
    const shared = step ? sharedBoxes(next.scene, old.scene) : [];
    const another = step && shared.length < next.scene.boxes.length / 2;
    if (another) this.#camera.release();
    // A step that took another branch: what both have stays where it was.
    let hold = this.#anchor;
    if (step && !another && !hold) {
      const { x, y } = old.result.frames[boxWithKey(old.scene, shared[0])];
      hold = { key: shared[0], at: this.#camera.toScreen(x, y) };
    }
    this.#anchor = null;
    this.#staged = next;
    const held = hold ? boxWithKey(next.scene, hold.key) : -1;
    const { bounds } = next.result;
    if (hold && held >= 0) this.#camera.hold(next.result.frames[held], hold.at);
    const hidden = !this.#camera.sees(bounds, room) && canShowAll(bounds, room);
    done(!hold || held < 0 || hidden);
    const glides = old && !another;
    this.#move(glides ? morphOf({ ...old, view }, { ...next, view: this.#camera.view }) : null);
  }
}

function sharedBoxes(next: Scene, old: Scene): string[] {
  const keys = new Set(old.boxes.map((box) => box.key));
  return next.boxes.map((box) => box.key).filter((key) => keys.has(key));
}
