// Edges as smooth lines: between two points of a path the line leaves and arrives vertically. Each
// is sampled once per layout, so that light can run along it.

import type { LayoutResult } from './layout';
import type { Point } from './layered';
import type { Pen } from './pen';

export interface Curve {
  /** x, y, x, y, ... from source to target. */
  points: Float64Array;
  length: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const SAMPLES = 14;
const known = new WeakMap<LayoutResult, Curve[]>();

/** A line of one's own, through these points. */
export const curveThrough = (path: Point[]): Curve => sample(path);

export function curvesOf(layout: LayoutResult): Curve[] {
  let curves = known.get(layout);
  if (!curves) known.set(layout, (curves = layout.paths.map(sample)));
  return curves;
}

function sample(path: Point[]): Curve {
  const flat: number[] = [path[0].x, path[0].y];
  for (let i = 1; i < path.length; i++) {
    const [a, b] = [path[i - 1], path[i]];
    if (Math.abs(a.x - b.x) < 0.5) {
      flat.push(b.x, b.y);
      continue;
    }
    const middle = (a.y + b.y) / 2;
    for (let s = 1; s <= SAMPLES; s++) {
      const t = s / SAMPLES;
      const u = 1 - t;
      flat.push(
        u * u * u * a.x + 3 * u * u * t * a.x + 3 * u * t * t * b.x + t * t * t * b.x,
        u * u * u * a.y + 3 * u * u * t * middle + 3 * u * t * t * middle + t * t * t * b.y,
      );
    }
  }
  let length = 0;
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < flat.length; i += 2) {
    if (i) length += Math.hypot(flat[i] - flat[i - 2], flat[i + 1] - flat[i - 1]);
    left = Math.min(left, flat[i]);
    right = Math.max(right, flat[i]);
    top = Math.min(top, flat[i + 1]);
    bottom = Math.max(bottom, flat[i + 1]);
  }
  return { points: Float64Array.from(flat), length, left, right, top, bottom };
}

/** Add the curve to the context's path; `way` < 1 leaves out the part next to the source. */
export function trace(ctx: Pen, curve: Curve, way = 1): Point {
  const { points } = curve;
  const last = points.length - 2;
  ctx.beginPath();
  ctx.moveTo(points[last], points[last + 1]);
  let left = curve.length * way;
  for (let i = last - 2; i >= 0; i -= 2) {
    const [x0, y0, x1, y1] = [points[i + 2], points[i + 3], points[i], points[i + 1]];
    const piece = Math.hypot(x1 - x0, y1 - y0);
    if (piece >= left && way < 1) {
      const t = piece ? left / piece : 0;
      const end = { x: x0 + (x1 - x0) * t, y: y0 + (y1 - y0) * t };
      ctx.lineTo(end.x, end.y);
      return end;
    }
    left -= piece;
    ctx.lineTo(x1, y1);
  }
  return { x: points[0], y: points[1] };
}
