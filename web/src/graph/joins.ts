// Where lines meet: the sum of the gradients of a value that is read more than once, what a turn of a
// loop hands to the next, and the forward operation that one of a backward pass came from.

import { edgeWidth } from '../flow/scale';
import type { Brush } from './draw';
import { curveThrough, trace } from './curves';
import type { LayoutResult } from './layout';
import type { Point } from './layered';
import { readingOf, shownLevel } from './picture';
import { TURNS_TOP } from './metrics';
import type { Carry, Scene } from './model';
import { normOf } from '../flow/scale';

/** The place where the lines of one value part, which is where their gradients are added up. */
export interface Sum {
  box: number;
  at: Point;
}

const known = new WeakMap<LayoutResult, Sum[]>();

export function sumsOf(scene: Scene, layout: LayoutResult): Sum[] {
  const before = known.get(layout);
  if (before) return before;
  const leaving = new Map<number, number[]>();
  scene.links.forEach(({ source, target, nodes, ghost }, i) => {
    const { kind, ghost: absent } = scene.boxes[target];
    if (ghost || absent || kind === 'loss' || nodes.length > 1) return;
    if (!scene.topology.nodes[nodes[0]]?.requires_grad) return;
    if (!scene.topology.nodes[scene.boxes[target].node]?.requires_grad) return;
    const list = leaving.get(source);
    if (list) list.push(i);
    else leaving.set(source, [i]);
  });
  const sums: Sum[] = [];
  for (const [box, links] of leaving) {
    if (links.length < 2 || scene.boxes[box].ghost) continue;
    const places = new Set<string>();
    for (const link of links.slice(1)) {
      const at = parting(layout.paths[links[0]], layout.paths[link]);
      const name = `${at.x},${at.y}`;
      if (!places.has(name)) sums.push({ box, at });
      places.add(name);
    }
  }
  known.set(layout, sums);
  return sums;
}

/** The last point that two paths from one box share. */
function parting(a: Point[], b: Point[]): Point {
  let last = a[0];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i].x !== b[i].x) break;
    // Straight down for a while: the shorter one is what both share.
    if (a[i].y !== b[i].y) {
      last = a[i].y < b[i].y ? a[i] : b[i];
      break;
    }
    last = a[i];
  }
  return last;
}

export function drawSum({ ctx, palette, picture }: Brush, { box, at }: Sum): void {
  const { node } = picture.scene.boxes[box];
  const stand = picture.light.stand(node);
  const lit =
    picture.light.ran &&
    picture.light.cursor.phase !== 'forward' &&
    (stand === 'lit' || stand === 'active');
  const reading = readingOf(picture, node);
  if (!lit || reading.mark === 'none') return;
  const y = at.y + 6;
  ctx.beginPath();
  ctx.arc(at.x, y, 6.5, 0, 2 * Math.PI);
  ctx.fillStyle = palette.colour['surface-0'];
  ctx.fill();
  ctx.strokeStyle =
    reading.mark === 'finite'
      ? palette.scale.colour(shownLevel(picture, node, reading.level))
      : palette.colour['line-3'];
  ctx.lineWidth = 1.75;
  ctx.stroke();
  ctx.strokeStyle = palette.colour['text-1'];
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  ctx.moveTo(at.x - 3, y);
  ctx.lineTo(at.x + 3, y);
  ctx.moveTo(at.x, y - 3);
  ctx.lineTo(at.x, y + 3);
  ctx.stroke();
}

/** From the bottom of a loop around its side to the top: into the next turn. */
export function drawCarry(brush: Brush, { loop, source, target, node }: Carry): void {
  const { ctx, palette, picture } = brush;
  const { frames } = picture.layout;
  const [f, from, to] = [frames[loop], frames[source], frames[target]];
  const lane = f.x + f.right - 15;
  const top = f.y + TURNS_TOP - 12;
  const bottom = Math.min(f.y + f.height - 9, from.y + from.height + 15);
  // Into the box beside what comes down to it.
  const enter = to.x + 20;
  const path: Point[] = rounded([
    { x: from.x, y: from.y + from.height },
    { x: from.x, y: bottom },
    { x: lane, y: bottom },
    { x: lane, y: top },
    { x: enter, y: top },
    { x: enter, y: to.y },
  ]);
  const reading = readingOf(picture, node);
  const stand = picture.light.stand(node);
  const lit =
    picture.light.ran &&
    picture.light.cursor.phase !== 'forward' &&
    (stand === 'lit' || stand === 'active') &&
    reading.mark === 'finite';
  const colour = lit
    ? palette.scale.colour(shownLevel(picture, node, reading.level))
    : palette.colour['line-3'];
  ctx.strokeStyle = colour;
  ctx.lineWidth = lit
    ? Math.max(1.5, edgeWidth(normOf(picture.scene.topology.nodes[node], reading.rms)) * 0.7)
    : 1;
  ctx.setLineDash(lit || reading.mark !== 'none' ? [] : [1.5, 3]);
  ctx.beginPath();
  path.forEach((p, i) => (i ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
  ctx.stroke();
  ctx.setLineDash([]);
  // It goes up, against the program: an arrow says so.
  const middle = (top + bottom) / 2;
  ctx.lineWidth = 1.4;
  ctx.strokeStyle = lit ? colour : palette.colour['text-3'];
  ctx.beginPath();
  ctx.moveTo(lane - 4, middle + 3);
  ctx.lineTo(lane, middle - 3);
  ctx.lineTo(lane + 4, middle + 3);
  ctx.moveTo(enter - 4, to.y - 5.5);
  ctx.lineTo(enter, to.y - 1);
  ctx.lineTo(enter + 4, to.y - 5.5);
  ctx.stroke();
}

const RADIUS = 8;
const PIECES = 5;

/** A polyline with round corners. */
function rounded(points: Point[]): Point[] {
  const path = [points[0]];
  for (let i = 1; i < points.length - 1; i++) {
    const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
    const towards = (p: Point): Point => {
      const length = Math.hypot(p.x - b.x, p.y - b.y) || 1;
      const t = Math.min(RADIUS, length / 2) / length;
      return { x: b.x + (p.x - b.x) * t, y: b.y + (p.y - b.y) * t };
    };
    const [start, end] = [towards(a), towards(c)];
    for (let s = 0; s <= PIECES; s++) {
      const t = s / PIECES;
      const u = 1 - t;
      path.push({
        x: u * u * start.x + 2 * u * t * b.x + t * t * end.x,
        y: u * u * start.y + 2 * u * t * b.y + t * t * end.y,
      });
    }
  }
  path.push(points.at(-1)!);
  return path;
}

/** A thin dashed line between an operation of a backward pass and the one that it came from. */
export function drawOrigin(brush: Brush, front: number, back: number): void {
  const { ctx, palette, picture } = brush;
  const [a, b] = [picture.layout.frames[front], picture.layout.frames[back]];
  const side = a.x <= b.x ? 1 : -1;
  const half = picture.metrics.node / 2;
  const from = { x: a.x + side * half, y: a.y + 18 };
  const to = { x: b.x - (a.x === b.x ? -1 : 1) * side * half, y: b.y + 18 };
  ctx.globalAlpha = 0.9;
  ctx.strokeStyle = palette.colour.accent;
  ctx.lineWidth = Math.max(1, 0.8 / brush.k);
  ctx.setLineDash([4, 4]);
  trace(ctx, curveThrough([from, to]));
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = palette.colour.accent;
  for (const p of [from, to]) {
    ctx.beginPath();
    ctx.arc(p.x, p.y, 2.5, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}
