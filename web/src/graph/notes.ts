// Words beside a box: who made the first NaN, who inherited it, what raised.

import type { Brush } from './draw';
import { NODE_HEIGHT } from './metrics';
import type { Note } from './picture';
import { cross, wrap } from './words';

const WIDE = 200;
const LINE = 15;

/** What is said of a box, joined to it by a short line, where it covers no other box: at its right,
 * else at its left, else below it. */
export function drawNote(brush: Brush, note: Note, index: number): void {
  const { ctx, palette, picture } = brush;
  const { colour, fonts } = palette;
  const box = picture.scene.boxes[index];
  const f = picture.layout.frames[index];
  const half = picture.metrics.node / 2;
  const lines = wrap(palette, fonts.type, note.text, WIDE - 10, 4);
  const title = note.title ? 18 : 0;
  const wide = Math.max(
    ...lines.map((l) => palette.width(fonts.type, l)),
    note.title ? 20 + palette.width(fonts.note, note.title) : 0,
  );
  const high = title + lines.length * LINE;
  const middle = f.y + (box.cells.length ? f.height : NODE_HEIGHT) / 2;
  const right = f.x + half + (box.side ? 0 : 18);
  const places = [
    {
      x: right,
      y: box.side ? f.y - high - 4 : middle - high / 2,
      from: f.x + half + 2,
      to: right - 4,
    },
    {
      x: f.x - f.left - 18 - wide,
      y: middle - high / 2,
      from: f.x - f.left - 12,
      to: f.x - f.left - 2,
    },
    { x: f.x - half, y: f.y + f.height + 6, from: 0, to: 0 },
  ];
  const at = places.find((p) => isFree(brush, index, p.x, p.y, wide, high)) ?? places[0];
  ctx.globalAlpha = 0.82;
  ctx.fillStyle = colour['surface-0'];
  ctx.beginPath();
  ctx.roundRect(at.x - 4, at.y - 1, wide + 8, high + 3, 3);
  ctx.fill();
  ctx.globalAlpha = 1;
  if (note.serious && at.from !== at.to && !box.side) {
    ctx.strokeStyle = colour.error;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(at.from, Math.round(middle) + 0.5);
    ctx.lineTo(at.to, Math.round(middle) + 0.5);
    ctx.stroke();
  }
  ctx.textAlign = 'left';
  if (note.title) {
    cross(ctx, at.x + 6, at.y + 9, colour.error);
    ctx.font = fonts.note;
    ctx.fillStyle = colour.error;
    ctx.fillText(note.title, at.x + 18, at.y + 13);
  }
  ctx.font = fonts.type;
  ctx.fillStyle = note.title || !note.serious ? colour['text-2'] : colour['text-1'];
  lines.forEach((line, i) => ctx.fillText(line, at.x, at.y + title + 11.5 + i * LINE));
}

function isFree(
  { picture }: Brush,
  own: number,
  x: number,
  y: number,
  width: number,
  height: number,
): boolean {
  return picture.scene.boxes.every((box, i) => {
    if (i === own || box.kind === 'open') return true;
    const f = picture.layout.frames[i];
    return (
      f.x - f.left > x + width + 4 ||
      f.x + f.right < x - 4 ||
      f.y > y + height + 2 ||
      f.y + f.height < y - 2
    );
  });
}
