// Edges: unlit they are a hairline with an arrow; the light makes them as wide and as coloured as the
// gradient that runs back along them.

import { edgeWidth } from '../flow/scale';
import type { Brush } from './draw';
import { trace, type Curve } from './curves';
import type { Link } from './model';
import { linkReading, shownLevel } from './picture';
import type { Point } from './layered';

const THIN = 1;
const HATCHED = 7;

export function drawEdge(brush: Brush, link: Link, curve: Curve): void {
  const { ctx, palette, picture } = brush;
  const { scene, light } = picture;
  const source = scene.boxes[link.source];
  const target = scene.boxes[link.target];
  const line = palette.colour['line-3'];
  if (source.ghost || target.ghost || link.ghost)
    return stroke(brush, curve, line, THIN, [1.5, 4], 0.7);
  const { node, reading, norm } = linkReading(picture, link);
  const stand = light.stand(node);
  const lit = stand === 'lit' || stand === 'active';
  const from = light.stand(target.node);
  if (from === 'unmade') return stroke(brush, curve, palette.colour['line-2'], THIN);
  if (!scene.topology.nodes[node]?.requires_grad) return hairline(brush, curve, [1.5, 3]);
  // The light is on its way along this edge while the backward pass is at its lower end.
  const front =
    light.cursor.phase === 'backward' && !lit && from === 'active' && target.kind !== 'loss';
  const passed =
    light.cursor.phase === 'backward' && !lit && from === 'lit' && target.kind !== 'loss';
  if (!lit && !front && !passed) {
    return hairline(
      brush,
      curve,
      light.cursor.phase !== 'forward' && light.ran && reading.mark === 'none' && !light.active
        ? [1.5, 3]
        : [],
    );
  }
  if (reading.mark === 'none') return hairline(brush, curve, light.ran ? [1.5, 3] : []);
  if (reading.mark === 'zero') {
    stroke(brush, curve, line, 5);
    return stroke(brush, curve, palette.colour['surface-0'], 3);
  }
  if (reading.mark === 'nonfinite') return stroke(brush, curve, brush.hatch, HATCHED);
  const level = shownLevel(picture, node, reading.level);
  const colour = palette.scale.colour(level);
  const width = Math.max(edgeWidth(norm), 1 / brush.k);
  const way = front ? picture.way : 1;
  if (front) stroke(brush, curve, line, THIN);
  if (brush.k > 0.25) glow(brush, curve, colour, width, way);
  stroke(brush, curve, colour, width, [], 1, way);
  if (front)
    head(brush, trace(ctx, curve, Math.min(way, 1 - 9 / Math.max(curve.length, 10))), colour);
}

/** No light: one pixel, and an arrow in the direction of the program. */
function hairline(brush: Brush, curve: Curve, dash: number[]): void {
  const { ctx, palette } = brush;
  const colour = palette.colour['line-3'];
  stroke(brush, curve, colour, THIN, dash);
  const { points } = curve;
  const [x, y] = [points[points.length - 2], points[points.length - 1]];
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x - 4, y - 5.5);
  ctx.lineTo(x, y - 1);
  ctx.lineTo(x + 4, y - 5.5);
  ctx.stroke();
}

function stroke(
  brush: Brush,
  curve: Curve,
  colour: string | CanvasPattern,
  width: number,
  dash: number[] = [],
  alpha = 1,
  way = 1,
): void {
  const { ctx, k } = brush;
  const before = ctx.globalAlpha;
  ctx.globalAlpha = before * alpha;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width === THIN ? Math.max(1, 0.7 / k) : width;
  ctx.setLineDash(dash);
  trace(ctx, curve, way);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = before;
}

/** Light beside an edge: wide strokes of little strength, cheaper than a blur. */
function glow(brush: Brush, curve: Curve, colour: string, width: number, way: number): void {
  const { haloAlpha } = brush.palette;
  brush.ctx.lineCap = 'round';
  for (let more = 22; more > 1; more -= 3) {
    stroke(brush, curve, colour, width + more, [], haloAlpha * 0.12 * (1 - more / 26), way);
  }
  brush.ctx.lineCap = 'butt';
}

/** The point of light that leads, and what it throws on the box that it comes to. */
function head(brush: Brush, at: Point, colour: string): void {
  const { ctx, palette } = brush;
  const before = ctx.globalAlpha;
  ctx.globalAlpha = before * palette.haloAlpha * 1.5;
  brush.shine(colour, 130, 34, 14, at.x, at.y);
  ctx.globalAlpha = before;
  ctx.fillStyle = palette.scale.colour(0);
  ctx.beginPath();
  ctx.arc(at.x, at.y, 5, 0, 2 * Math.PI);
  ctx.fill();
}

/** The shape of a value, right (or left) of the edge on a veil. */
export function drawShape(brush: Brush, text: string, at: Point, left = false): void {
  const { ctx, palette } = brush;
  const width = palette.width(palette.fonts.mono, text);
  const from = left ? at.x - 42 - width : at.x + 9;
  const before = ctx.globalAlpha;
  ctx.globalAlpha = before * 0.66;
  ctx.fillStyle = palette.colour['surface-0'];
  ctx.beginPath();
  ctx.roundRect(from, at.y - 7.5, width + 10, 15, 3);
  ctx.fill();
  ctx.globalAlpha = before;
  ctx.font = palette.fonts.mono;
  ctx.fillStyle = palette.colour['text-2'];
  ctx.textAlign = 'left';
  ctx.fillText(text, from + 5, at.y + 3.5);
}

/** The place of a box in the backward pass, once the light has left it. */
export function drawOrder(brush: Brush, box: number, place: number): void {
  const { ctx, palette, picture } = brush;
  const stand = picture.light.stand(picture.scene.boxes[box].node);
  if ((stand !== 'lit' && stand !== 'active') || brush.k < 0.55) return;
  const now = stand === 'active';
  const frame = picture.layout.frames[box];
  const [x, y] = [frame.x - 18, frame.y - 14];
  ctx.globalAlpha = now ? Math.min(1, Math.max(0, picture.way * 3 - 2)) : 1;
  ctx.fillStyle = now ? palette.colour['text-1'] : palette.colour['surface-0'];
  ctx.strokeStyle = now ? palette.colour['text-1'] : palette.colour['line-2'];
  ctx.lineWidth = 1;
  ctx.beginPath();
  const text = String(place);
  const half = Math.max(8, palette.width(palette.fonts.mono, text) / 2 + 4);
  ctx.roundRect(x - half, y - 8, 2 * half, 16, 8);
  ctx.fill();
  ctx.stroke();
  ctx.font = now ? palette.fonts.monoStrong : palette.fonts.mono;
  ctx.fillStyle = now ? palette.colour['surface-0'] : palette.colour['text-2'];
  ctx.textAlign = 'center';
  ctx.fillText(text, x, y + 3.7);
  ctx.globalAlpha = 1;
}
