// Draws a picture on a canvas: groups, the light behind, edges, boxes, words. What lies outside of
// the view is skipped, and far away only what can be read is drawn.

import { shapeText } from '../flow/scale';
import { curvesOf } from './curves';
import { drawBox, drawGroup, drawHalo } from './boxes';
import { drawEdge, drawOrder, drawShape } from './edges';
import { drawCarry, drawOrigin, drawSum, sumsOf } from './joins';
import type { Palette } from './palette';
import type { Pen, Shine } from './pen';
import { isBright, type Picture, type View } from './picture';

/** What every part of the drawing needs. */
export interface Brush {
  ctx: Pen;
  palette: Palette;
  picture: Picture;
  /** Screen pixels per world pixel. */
  k: number;
  /** The fill of what is NaN or infinite. */
  hatch: string | CanvasPattern;
  shine: Shine;
}

/** Below these scales shapes, and then names, are too small to read. */
export const READ_SHAPES = 0.55;
export const READ_NAMES = 0.3;
const DIMMED = 0.4;
const MARGIN = 60;

export function draw(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  picture: Picture,
  view: View,
  width: number,
  height: number,
  dpr: number,
): number {
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.fillStyle = palette.colour['surface-0'];
  ctx.fillRect(0, 0, width, height);
  const snap = (v: number) => Math.round(v * dpr) / dpr;
  ctx.setTransform(dpr * view.k, 0, 0, dpr * view.k, dpr * snap(view.x), dpr * snap(view.y));
  ctx.textBaseline = 'alphabetic';
  ctx.lineJoin = 'round';
  const shine: Shine = (colour, w, h, blur, x, y) => {
    const sprite = palette.halo(colour, w, h, blur);
    ctx.drawImage(sprite, x - sprite.width / 2, y - sprite.height / 2);
  };
  return drawPicture(
    { ctx, palette, picture, k: view.k, hatch: palette.hatch(ctx), shine },
    {
      left: -view.x / view.k - MARGIN,
      right: (width - view.x) / view.k + MARGIN,
      top: -view.y / view.k - MARGIN,
      bottom: (height - view.y) / view.k + MARGIN,
    },
  );
}

/** Draw what lies in a rectangle of the world; how many boxes that are. */
export function drawPicture(
  brush: Brush,
  seen: { left: number; right: number; top: number; bottom: number },
): number {
  const { ctx, picture, k } = brush;
  const { scene, layout } = picture;
  const alphaOf = (box: number) =>
    (isBright(picture, box) ? 1 : DIMMED) * (picture.fresh?.has(box) ? picture.appear : 1);
  const alphaOfLink = ({ source, target }: { source: number; target: number }) =>
    Math.min(alphaOf(source), alphaOf(target));

  const shown: number[] = [];
  scene.boxes.forEach((box, i) => {
    const f = layout.frames[i];
    if (f.x - f.left > seen.right || f.x + f.right < seen.left) return;
    if (f.y > seen.bottom || f.y + f.height < seen.top) return;
    ctx.globalAlpha = alphaOf(i);
    if (box.kind === 'open') drawGroup(brush, i);
    else shown.push(i);
  });
  for (const i of shown) {
    ctx.globalAlpha = alphaOf(i);
    drawHalo(brush, i);
  }
  const curves = curvesOf(layout);
  const lines: number[] = [];
  curves.forEach((c, i) => {
    if (c.left > seen.right || c.right < seen.left || c.top > seen.bottom || c.bottom < seen.top)
      return;
    lines.push(i);
    ctx.globalAlpha = alphaOfLink(scene.links[i]);
    drawEdge(brush, scene.links[i], c);
  });
  for (const carry of scene.carries) {
    ctx.globalAlpha = alphaOfLink(carry);
    drawCarry(brush, carry);
  }
  for (const i of shown) {
    ctx.globalAlpha = alphaOf(i);
    drawBox(brush, i);
  }
  if (k >= READ_NAMES) {
    for (const sum of sumsOf(scene, layout)) {
      ctx.globalAlpha = alphaOf(sum.box);
      drawSum(brush, sum);
    }
  }
  if (k >= READ_SHAPES) drawShapes(brush, lines, alphaOf);
  for (const [a, b] of picture.origins) drawOrigin(brush, a, b);
  for (const [box, place] of picture.order) drawOrder(brush, box, place);
  ctx.globalAlpha = 1;
  return shown.length;
}

/** A value has one shape, however many read it: it is written where it leaves its box. */
function drawShapes(brush: Brush, lines: number[], alphaOf: (box: number) => number): void {
  const { ctx, picture } = brush;
  const { scene, layout } = picture;
  const labelled = new Map<number, number>();
  const entering = new Map<number, number>();
  for (const { target } of scene.links) entering.set(target, (entering.get(target) ?? 0) + 1);
  const bend = (at: number) => Math.abs(layout.paths[at][0].x - layout.paths[at].at(-1)!.x);
  for (const i of lines) {
    const { source } = scene.links[i];
    const before = labelled.get(source);
    if (before === undefined || bend(i) < bend(before)) labelled.set(source, i);
  }
  for (const [source, i] of labelled) {
    if (scene.boxes[source].ghost) continue;
    ctx.globalAlpha = alphaOf(source);
    const { nodes } = scene.links[i];
    const more = nodes.length > 1 ? ` +${nodes.length - 1}` : '';
    // Where another line comes in from the right, the left is free.
    const left = (entering.get(scene.links[i].target) ?? 0) > 1 && bend(i) < 2;
    drawShape(brush, shapeText(scene.topology.nodes[nodes[0]]) + more, layout.labels[i], left);
  }
}
