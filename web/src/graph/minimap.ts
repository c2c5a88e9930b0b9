// The whole graph in the corner, for when not all of it is in sight: boxes as strokes of their
// gradient's colour, and the part that is seen as a frame. A point of it leads there.

import type { Palette } from './palette';
import { readingOf, type Picture, type View } from './picture';

export interface Minimap {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Map pixels per world pixel, and the world's corner. */
  k: number;
  left: number;
  top: number;
}

const WIDEST = 84;
const TALLEST = 150;

/** Where the map lies, or null while the whole graph is in sight. */
export function minimapOf(
  picture: Picture,
  view: View,
  width: number,
  height: number,
  bottom: number,
): Minimap | null {
  const { bounds } = picture.layout;
  const [left, top] = [bounds.x * view.k + view.x, bounds.y * view.k + view.y];
  const seen =
    left >= -1 &&
    top >= -1 &&
    left + bounds.width * view.k <= width + 1 &&
    top + bounds.height * view.k <= height - bottom + 8;
  if (seen || picture.metrics.compact || width < 420 || height < 320 || !bounds.width) return null;
  const k = Math.min(WIDEST / bounds.width, TALLEST / bounds.height);
  const [w, h] = [Math.max(10, bounds.width * k), Math.max(10, bounds.height * k)];
  return {
    x: width - w - 16,
    y: height - bottom - h - 12,
    width: w,
    height: h,
    k,
    left: bounds.x,
    top: bounds.y,
  };
}

export function drawMinimap(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  picture: Picture,
  view: View,
  map: Minimap,
  width: number,
  height: number,
  dpr: number,
): void {
  const { colour } = palette;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.globalAlpha = 0.9;
  ctx.fillStyle = colour['surface-1'];
  ctx.strokeStyle = colour['line-2'];
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.roundRect(
    Math.round(map.x - 6) + 0.5,
    Math.round(map.y - 6) + 0.5,
    Math.round(map.width + 12),
    Math.round(map.height + 12),
    4,
  );
  ctx.fill();
  ctx.stroke();
  ctx.globalAlpha = 1;
  const at = (x: number, y: number): [number, number] => [
    map.x + (x - map.left) * map.k,
    map.y + (y - map.top) * map.k,
  ];
  const half = Math.max(2, (picture.metrics.node / 2) * map.k);
  picture.scene.boxes.forEach((box, i) => {
    if (box.kind === 'open') return;
    const f = picture.layout.frames[i];
    const [x, y] = at(f.x, f.y);
    const reading = readingOf(picture, box.node);
    const stand = picture.light.stand(box.node);
    const lit =
      picture.light.ran &&
      (stand === 'lit' || stand === 'active') &&
      picture.light.cursor.phase !== 'forward';
    const mark = lit ? reading.mark : 'none';
    ctx.fillStyle =
      mark === 'finite'
        ? palette.scale.colour(reading.level)
        : mark === 'nonfinite'
          ? colour.error
          : colour['line-2'];
    ctx.fillRect(x - half, y, 2 * half, Math.max(1, f.height * map.k - 0.5));
  });
  const [x0, y0] = at(-view.x / view.k, -view.y / view.k);
  const [x1, y1] = at((width - view.x) / view.k, (height - view.y) / view.k);
  const clip = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v));
  const [l, r] = [
    clip(x0, map.x - 4, map.x + map.width + 4),
    clip(x1, map.x - 4, map.x + map.width + 4),
  ];
  const [t, b] = [
    clip(y0, map.y - 4, map.y + map.height + 4),
    clip(y1, map.y - 4, map.y + map.height + 4),
  ];
  ctx.strokeStyle = colour['text-2'];
  ctx.lineWidth = 1;
  ctx.strokeRect(
    Math.round(l) + 0.5,
    Math.round(t) + 0.5,
    Math.max(3, Math.round(r - l)),
    Math.max(3, Math.round(b - t)),
  );
}

/** The world's point under a point of the map, or null beside it. */
export function mapPoint(
  map: Minimap | null,
  x: number,
  y: number,
): { x: number; y: number } | null {
  if (
    !map ||
    x < map.x - 6 ||
    x > map.x + map.width + 6 ||
    y < map.y - 6 ||
    y > map.y + map.height + 6
  )
    return null;
  return { x: map.left + (x - map.x) / map.k, y: map.top + (y - map.y) / map.k };
}
