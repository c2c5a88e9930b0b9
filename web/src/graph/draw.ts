// Draws a picture on a canvas: groups, the light behind, edges, boxes, words. What lies outside of
// the view is skipped, and far away only what can be read is drawn.

import { shapeText } from '../flow/scale';
import { curvesOf } from './curves';
import { drawBox, drawGroup, drawHalo } from './boxes';
import { drawEdge, drawOrder, drawShape } from './edges';
import type { Palette } from './palette';
import { isBright, type Picture, type View } from './picture';

/** What every part of the drawing needs. */
export interface Brush {
  ctx: CanvasRenderingContext2D;
  palette: Palette;
  picture: Picture;
  /** Screen pixels per world pixel. */
  k: number;
}

/** Below these scales shapes, and then names, are too small to read. */
export const READ_SHAPES = 0.55;
export const READ_NAMES = 0.3;
const DIMMED = 0.4;

export function draw(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  picture: Picture,
  view: View,
  width: number,
  height: number,
  dpr: number,
): number {
  const { scene, layout } = picture;
  const brush: Brush = { ctx, palette, picture, k: view.k };
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.fillStyle = palette.colour['surface-0'];
  ctx.fillRect(0, 0, width, height);
  const snap = (v: number) => Math.round(v * dpr) / dpr;
  ctx.setTransform(dpr * view.k, 0, 0, dpr * view.k, dpr * snap(view.x), dpr * snap(view.y));
  ctx.textBaseline = 'alphabetic';
  ctx.lineJoin = 'round';

  const margin = 60;
  const left = -view.x / view.k - margin;
  const right = (width - view.x) / view.k + margin;
  const top = -view.y / view.k - margin;
  const bottom = (height - view.y) / view.k + margin;

  const shown: number[] = [];
  scene.boxes.forEach((box, i) => {
    const f = layout.frames[i];
    if (f.x - f.left > right || f.x + f.right < left || f.y > bottom || f.y + f.height < top)
      return;
    ctx.globalAlpha = isBright(picture, i) ? 1 : DIMMED;
    if (box.kind === 'open') drawGroup(brush, i);
    else shown.push(i);
  });
  for (const i of shown) {
    ctx.globalAlpha = isBright(picture, i) ? 1 : DIMMED;
    drawHalo(brush, i);
  }
  const curves = curvesOf(layout);
  const lines: number[] = [];
  curves.forEach((c, i) => {
    if (c.left > right || c.right < left || c.top > bottom || c.bottom < top) return;
    lines.push(i);
    const link = scene.links[i];
    ctx.globalAlpha = isBright(picture, link.source) && isBright(picture, link.target) ? 1 : DIMMED;
    drawEdge(brush, link, curves[i]);
  });
  for (const i of shown) {
    ctx.globalAlpha = isBright(picture, i) ? 1 : DIMMED;
    drawBox(brush, i);
  }
  if (view.k >= READ_SHAPES) {
    // A value has one shape, however many read it: it is written where it leaves its box.
    const labelled = new Map<number, number>();
    for (const i of lines) {
      const { source } = scene.links[i];
      const before = labelled.get(source);
      const bend = (at: number) => Math.abs(layout.paths[at][0].x - layout.paths[at].at(-1)!.x);
      if (before === undefined || bend(i) < bend(before)) labelled.set(source, i);
    }
    for (const [source, i] of labelled) {
      ctx.globalAlpha = isBright(picture, source) ? 1 : DIMMED;
      const { nodes } = scene.links[i];
      const more = nodes.length > 1 ? ` +${nodes.length - 1}` : '';
      if (!scene.boxes[source].ghost)
        drawShape(brush, shapeText(scene.topology.nodes[nodes[0]]) + more, layout.labels[i]);
    }
  }
  for (const [box, place] of picture.order) drawOrder(brush, box, place);
  ctx.globalAlpha = 1;
  return shown.length;
}
