// From one layout to the next: boxes that both have glide, new ones appear in their place.

import type { Frame, LayoutResult } from './layout';
import type { Point } from './layered';
import type { View } from './picture';
import type { Scene } from './model';

export interface Morph {
  /** Boxes that the scene before did not have. */
  fresh: ReadonlySet<number>;
  /** The layout at a share of the way, 0 to 1. */
  at: (share: number) => LayoutResult;
}

interface Seen {
  scene: Scene;
  result: LayoutResult;
  view: View;
}

/** Null where there is nothing to glide. */
export function morphOf(old: Seen, next: Seen): Morph | null {
  const from = new Map(old.scene.boxes.map((box, i) => [box.key, old.result.frames[i]]));
  // Where something was on the screen, in the world of the new view.
  const k = old.view.k / next.view.k;
  const place = ({ x, y }: Point): Point => ({
    x: (x * old.view.k + old.view.x - next.view.x) / next.view.k,
    y: (y * old.view.k + old.view.y - next.view.y) / next.view.k,
  });
  const fresh = new Set<number>();
  let moves = false;
  const starts = next.scene.boxes.map((box, i): Frame => {
    const frame = from.get(box.key);
    const end = next.result.frames[i];
    if (!frame) {
      fresh.add(i);
      return end;
    }
    const start = {
      ...place(frame),
      left: frame.left * k,
      right: frame.right * k,
      height: frame.height * k,
    };
    moves ||= Math.abs(start.x - end.x) + Math.abs(start.y - end.y) > 0.5;
    moves ||= Math.abs(start.height - end.height) > 0.5;
    return start;
  });
  if ((!moves && !fresh.size) || fresh.size === next.scene.boxes.length) return null;

  const name = (scene: Scene, i: number) =>
    `${scene.boxes[scene.links[i].source].key}>${scene.boxes[scene.links[i].target].key}`;
  const paths = new Map(old.scene.links.map((_, i) => [name(old.scene, i), old.result.paths[i]]));
  const pathStarts = next.result.paths.map((path, i) => {
    const before = paths.get(name(next.scene, i));
    return before?.length === path.length ? before.map(place) : null;
  });
  return {
    fresh,
    at: (share) => {
      const mix = (a: number, b: number) => a + (b - a) * share;
      const frames = next.result.frames.map((end, i): Frame => {
        const start = starts[i];
        return {
          x: mix(start.x, end.x),
          y: mix(start.y, end.y),
          left: mix(start.left, end.left),
          right: mix(start.right, end.right),
          height: mix(start.height, end.height),
        };
      });
      return {
        ...next.result,
        frames,
        paths: next.result.paths.map((path, i) => {
          const start = pathStarts[i];
          if (start)
            return path.map((p, n) => ({ x: mix(start[n].x, p.x), y: mix(start[n].y, p.y) }));
          return carried(path, next, i, frames);
        }),
        labels: next.result.labels.map((p, i) => shifted(p, next, i, frames)),
      };
    },
  };
}

/** A path whose ends move with their boxes. */
function carried(path: Point[], next: Seen, link: number, frames: Frame[]): Point[] {
  const { source, target } = next.scene.links[link];
  const ends = [source, target].map((box) => ({
    x: frames[box].x - next.result.frames[box].x,
    y: frames[box].y - next.result.frames[box].y,
  }));
  // The bottom of the source moves with its height, too.
  ends[0].y += frames[source].height - next.result.frames[source].height;
  return path.map((p, i) => {
    const t = path.length > 1 ? i / (path.length - 1) : 0;
    return {
      x: p.x + ends[0].x + (ends[1].x - ends[0].x) * t,
      y: p.y + ends[0].y + (ends[1].y - ends[0].y) * t,
    };
  });
}

function shifted(p: Point, next: Seen, link: number, frames: Frame[]): Point {
  const { source } = next.scene.links[link];
  const [a, b] = [frames[source], next.result.frames[source]];
  return { x: p.x + a.x - b.x, y: p.y + a.y + a.height - b.y - b.height };
}
