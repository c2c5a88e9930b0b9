// Which box a key leads to: down and up follow the edges, left and right go to the neighbour in the
// same row, and the ends of the program are Home and End.

import type { LayoutResult } from './layout';
import type { Scene } from './model';

export type Step = 'down' | 'up' | 'left' | 'right' | 'first' | 'last' | 'out';

/** The box that a step leads to from `from` (-1: nothing is focused yet); `from` where there is none. */
export function walk(scene: Scene, layout: LayoutResult, from: number, step: Step): number {
  const order = scene.boxes.map((_, i) => i);
  if (!order.length) return -1;
  if (step === 'first') return 0;
  if (step === 'last') return order.at(-1)!;
  if (from < 0 || from >= order.length) return step === 'up' ? order.at(-1)! : 0;
  if (step === 'out') return scene.boxes[from].parent;
  const frame = layout.frames[from];
  if (step === 'left' || step === 'right') {
    const side = step === 'left' ? -1 : 1;
    const middle = frame.y + frame.height / 2;
    let best = from;
    let distance = Infinity;
    scene.boxes.forEach((box, i) => {
      if (i === from || box.kind === 'open') return;
      const other = layout.frames[i];
      const along = (other.x - frame.x) * side;
      const across = Math.abs(other.y + other.height / 2 - middle);
      if (along <= 1 || across > along) return;
      if (along + 2 * across < distance) [best, distance] = [i, along + 2 * across];
    });
    return best;
  }
  const down = step === 'down';
  // Into an open group, to its first or last box; back to its header from there.
  if (scene.boxes[from].kind === 'open' && down) {
    const inside = scene.boxes.findIndex((b) => b.parent === from);
    if (inside >= 0) return inside;
  }
  const ends = scene.links
    .filter((l) => (down ? l.source : l.target) === from)
    .map((l) => (down ? l.target : l.source))
    .filter((i) => (down ? layout.frames[i].y > frame.y : layout.frames[i].y < frame.y));
  if (ends.length) {
    // The nearest one first: a skip connection is reached from its other end.
    const near = (i: number) =>
      Math.abs(layout.frames[i].y - frame.y) + Math.abs(layout.frames[i].x - frame.x);
    return ends.reduce((a, b) => (near(b) < near(a) ? b : a));
  }
  const next = from + (down ? 1 : -1);
  return next >= 0 && next < order.length ? next : from;
}
