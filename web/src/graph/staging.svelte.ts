// What is on the stage now: which groups the user opened, the layout of the scene, and that things
// stay where they were when groups open or a step takes another branch.

import type { Camera } from './camera.svelte';
import type { LayoutResult } from './layout';
import { Layouter } from './layouter';
import type { Metrics } from './metrics';
import type { Scene } from './model';
import { boxWithKey } from './picture';
import { canShowAll, type Room } from './view';

export interface Staged {
  scene: Scene;
  result: LayoutResult;
}

export class Staging {
  #opened = $state.raw<ReadonlyMap<string, boolean>>(new Map());
  #staged = $state.raw<Staged | null>(null);
  readonly #layouter = new Layouter();
  readonly #camera: Camera;
  /** What was opened or closed, and where it was: it stays there. */
  #anchor: { key: string; at: [number, number] } | null = null;
  #wanted: Scene | null = null;

  constructor(camera: Camera) {
    this.#camera = camera;
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
  }

  /** Take the layout of a scene from the cache, or ask for it; `done` hears when it is on the stage. */
  show(scene: Scene, metrics: Metrics, room: Room, done: (frame: boolean) => void): void {
    this.#wanted = scene;
    const known = this.#layouter.known(scene);
    if (known) done(this.#adopt({ scene, result: known }, room));
    else {
      void this.#layouter.ask(scene, metrics).then((result) => {
        if (this.#wanted === scene) done(this.#adopt({ scene, result }, room));
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
    this.#layouter.dispose();
  }

  /** Put a scene on the stage; true where the view should be chosen anew. */
  #adopt(next: Staged, room: Room): boolean {
    const old = this.#staged;
    const step = old !== null && next.scene.topology !== old.scene.topology;
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
    if (!hold || held < 0) return true;
    this.#camera.hold(next.result.frames[held], hold.at);
    const { bounds } = next.result;
    return !this.#camera.sees(bounds, room) && canShowAll(bounds, room);
  }
}

function sharedBoxes(next: Scene, old: Scene): string[] {
  const keys = new Set(old.boxes.map((box) => box.key));
  return next.boxes.map((box) => box.key).filter((key) => keys.has(key));
}
