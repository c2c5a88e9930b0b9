// Stacks and strips: the gradients of what a box holds while it is closed, a cell for each.

import { ratioText, type Reading } from '../flow/scale';
import { READ_NAMES, type Brush } from './draw';
import type { Frame } from './layout';
import { PAD, STACK_TOP, stackRows } from './metrics';
import type { Box } from './model';
import { readingOf, shownLevel, stackRatio } from './picture';

/** Two cards behind a stack. */
export function cards({ ctx, palette }: Brush, x: number, y: number, width: number): void {
  for (const [inset, lift] of [
    [8, 6],
    [4, 3],
  ]) {
    ctx.beginPath();
    ctx.roundRect(x + inset + 0.5, y - lift + 0.5, width - 2 * inset - 1, 12, 5);
    ctx.fillStyle = palette.colour['surface-1'];
    ctx.strokeStyle = palette.colour['line-2'];
    ctx.lineWidth = 1;
    ctx.fill();
    ctx.stroke();
  }
}

/** A stack's strip: a row for each block, in the direction of flow. */
export function drawRows(
  brush: Brush,
  box: Box,
  f: Frame,
  x: number,
  y: number,
  width: number,
): void {
  const { ctx, palette, picture } = brush;
  const { colour, fonts } = palette;
  const rows = stackRows(box.cells.length);
  const readable = rows.pitch >= 12 && brush.k >= 0.5;
  const [from, to] = rows.pitch >= 12 ? [x + 34, x + width - 62] : [x + 34, x + width - 62];
  for (let row = 0; row < rows.count; row++) {
    const i = Math.floor((row * box.cells.length) / rows.count);
    const top = y + STACK_TOP + row * rows.pitch;
    const reading = cell(brush, box.cells[i], from, top, to - from, rows.pitch - 2);
    const ends = row === 0 || row === rows.count - 1;
    if (!readable && !(ends && brush.k >= 0.5)) continue;
    const base = rows.pitch >= 12 ? top + 10 : top + 5.5 + (row ? 0 : 3);
    ctx.font = fonts.mono;
    ctx.fillStyle = colour['text-3'];
    ctx.textAlign = 'right';
    ctx.fillText(box.labels[i], from - 7, base);
    if (!reading) continue;
    ctx.fillStyle =
      reading.mark === 'nonfinite'
        ? colour.error
        : reading.mark === 'none'
          ? colour['text-3']
          : colour['text-2'];
    ctx.fillText(reading.text, x + width - PAD, base);
  }
  const callout =
    picture.metrics.compact || !picture.light.ran || picture.light.cursor.phase === 'forward'
      ? null
      : stackRatio(picture, box);
  if (!callout || brush.k < READ_NAMES) return;
  const at = f.x + width / 2 + 14;
  const [top, bottom] = [y + STACK_TOP + 2, y + STACK_TOP + rows.count * rows.pitch - 4];
  ctx.strokeStyle = colour['text-3'];
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(at, top + 0.5);
  ctx.lineTo(at + 6.5, top + 0.5);
  ctx.lineTo(at + 6.5, bottom + 0.5);
  ctx.lineTo(at, bottom + 0.5);
  ctx.stroke();
  ctx.textAlign = 'left';
  ctx.font = fonts.large;
  ctx.fillStyle = colour['text-1'];
  ctx.fillText(`÷ ${ratioText(callout.ratio)}`, at + 14, (top + bottom) / 2 - 2);
  ctx.font = fonts.type;
  ctx.fillStyle = colour['text-2'];
  ctx.fillText(`from block ${callout.from} to ${callout.to}`, at + 14, (top + bottom) / 2 + 15);
}

/** A closed group's strip of cells, across. */
export function drawStrip(brush: Brush, box: Box, x: number, y: number, width: number): void {
  const gap = box.cells.length > 14 ? 1.5 : 3;
  const each = (width - 2 * PAD - (box.cells.length - 1) * gap) / box.cells.length;
  box.cells.forEach((node, i) => cell(brush, node, x + PAD + i * (each + gap), y + 26, each, 9));
}

/** Where the strip of a loop's turns lies in an open loop. */
export function turnsPlace(frame: Frame): { x: number; y: number; width: number; height: number } {
  return {
    x: frame.x - frame.left + 14,
    y: frame.y + 32,
    width: frame.left + frame.right - 28,
    height: 14,
  };
}

/** A loop's strip: a cell for each turn, and a frame around the one that is shown. */
export function drawTurns(brush: Brush, box: Box, x: number, y: number, width: number): void {
  const { ctx, palette } = brush;
  const { colour, fonts } = palette;
  const turns = box.turns!;
  const [left, right, top] = [x + 14, x + width - 14, y + 32];
  const each = (right - left) / box.cells.length;
  const gap = each > 8 ? 2 : each > 4 ? 1 : 0;
  box.cells.forEach((node, i) =>
    cell(brush, node, left + i * each, top, Math.max(1, each - gap), 14),
  );
  const at = left + turns.shown * each;
  const wide = Math.max(6, each - gap);
  const middle = at + (each - gap) / 2;
  ctx.beginPath();
  ctx.roundRect(middle - wide / 2 - 2.5, top - 3.5, wide + 5, 21, 3.5);
  ctx.strokeStyle = colour['text-1'];
  ctx.lineWidth = 1.75;
  ctx.setLineDash([]);
  ctx.stroke();
  if (brush.k < READ_NAMES) return;
  ctx.font = fonts.mono;
  ctx.fillStyle = colour['text-1'];
  ctx.textAlign = 'right';
  ctx.fillText(`turn ${turns.numbers[turns.shown]} of ${turns.numbers.at(-1)}`, right, y + 19);
}

/** One gradient as a cell; its reading where the light has come to it. */
function cell(
  brush: Brush,
  node: number,
  x: number,
  y: number,
  width: number,
  height: number,
): Reading | null {
  const { ctx, palette, picture } = brush;
  const stand = picture.light.stand(node);
  const shown =
    picture.light.ran &&
    (stand === 'lit' || stand === 'active') &&
    picture.light.cursor.phase !== 'forward';
  const reading = shown ? readingOf(picture, node) : null;
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, 1.5);
  if (reading?.mark === 'finite' || reading?.mark === 'nonfinite') {
    ctx.fillStyle =
      reading.mark === 'finite'
        ? palette.scale.colour(shownLevel(picture, node, reading.level))
        : brush.hatch;
    ctx.fill();
    return reading;
  }
  ctx.strokeStyle = palette.colour[reading?.mark === 'zero' ? 'line-3' : 'line-2'];
  ctx.lineWidth = 1;
  ctx.setLineDash(reading?.mark === 'none' ? [1.5, 3] : []);
  ctx.stroke();
  ctx.setLineDash([]);
  return reading;
}
