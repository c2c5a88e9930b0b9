// From where the stage is seen, and what lies under a point of it.

import { chipPlace, sidePlace } from './chips';
import type { LayoutResult } from './layout';
import { GROUP_TOP, halfWidth, NODE_HEIGHT, type Metrics } from './metrics';
import type { Chip, Scene } from './model';
import type { View } from './picture';

export interface Room {
  width: number;
  height: number;
  top: number;
  bottom: number;
  /** The controls in the upper corners: how wide and how high they are. */
  corner: number;
  bar: number;
}

/** The view that shows all of it, never larger than life. */
export function fit(bounds: LayoutResult['bounds'], room: Room, least = 0.02): View {
  const side = Math.min(16, room.width * 0.02);
  const width = room.width - 2 * side;
  const below = (top: number): number => {
    const height = room.height - top - room.bottom;
    const whole = Math.min(width / Math.max(bounds.width, 1), height / Math.max(bounds.height, 1));
    return Math.max(least, Math.min(1, whole));
  };
  let highest = room.top;
  let k = below(highest);
  // What is wide lies below the controls in the corners; what is taller than the room, at its top.
  if (room.width - bounds.width * k < 2 * room.corner) {
    highest = room.bar;
    k = below(highest);
  }
  const x = (room.width - bounds.width * k) / 2 - bounds.x * k;
  const free = room.height - room.bottom - room.top - bounds.height * k;
  const y = Math.max(highest, room.top + free / 2) - bounds.y * k;
  return { k, x: Math.round(x), y: Math.round(y) };
}

/** The first view of a graph: all of it where that can be read, else its top at a size to read. */
export function opening(bounds: LayoutResult['bounds'], room: Room): View {
  return canShowAll(bounds, room)
    ? fit(bounds, room)
    : fit(bounds, room, Math.min(0.72, (room.width - 16) / Math.max(bounds.width, 1)));
}

/** Whether its whole width can be read at once. */
export function readsWide(
  bounds: LayoutResult['bounds'],
  room: Room,
  { compact }: Metrics,
): boolean {
  return !room.width || room.width / Math.max(bounds.width, 1) >= (compact ? 0.42 : 0.62);
}

/** Whether all of it can be read at once. */
export function canShowAll(bounds: LayoutResult['bounds'], room: Room): boolean {
  return fit(bounds, room).k >= 0.5;
}

export interface Hit {
  box: number;
  chip: Chip | null;
  /** On the mark that opens or closes. */
  toggle: boolean;
}

/** What lies under a point of the world: chips and boxes before the groups around them. */
export function hit(
  scene: Scene,
  layout: LayoutResult,
  metrics: Metrics,
  x: number,
  y: number,
): Hit | null {
  let group: Hit | null = null;
  for (let i = scene.boxes.length - 1; i >= 0; i--) {
    const box = scene.boxes[i];
    const f = layout.frames[i];
    if (y < f.y - 24 || y > f.y + f.height + 24 || x < f.x - f.left - 4 || x > f.x + f.right + 4)
      continue;
    if (box.kind === 'open') {
      if (group || y < f.y || y > f.y + GROUP_TOP || x < f.x - f.left || x > f.x + f.right)
        continue;
      group = { box: i, chip: null, toggle: x < f.x - f.left + 22 };
      continue;
    }
    const half = halfWidth(box, metrics);
    const tall =
      box.kind === 'stack' || box.kind === 'loss' || box.cells.length ? f.height : NODE_HEIGHT;
    if (x >= f.x - half && x <= f.x + half && y >= f.y && y <= f.y + tall) {
      const marked = !!box.toggle && (box.cells.length > 0 || box.kind === 'stack');
      return { box: i, chip: null, toggle: marked && x < f.x - half + 24 && y < f.y + 30 };
    }
    for (const [c, chip] of box.chips.entries()) {
      const at = chipPlace(box, f, metrics, c);
      if (x >= at.x && x <= at.x + at.width && y >= at.y - 1 && y <= at.y + at.height + 1)
        return { box: i, chip, toggle: false };
    }
    if (box.side) {
      const at = sidePlace(box.side, f, metrics);
      if (x >= at.x && x <= at.x + at.width && y >= at.y && y <= at.y + at.height)
        return { box: i, chip: box.side, toggle: false };
    }
  }
  return group;
}
