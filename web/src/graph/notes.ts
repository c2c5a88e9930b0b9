// Words beside a box: who made the first NaN, who inherited it, what raised.

import type { Brush } from './draw';
import type { Note } from './picture';
import { cross, wrap } from './words';

/** What is said beside a box, joined to it by a short line. */
export function drawNote(brush: Brush, note: Note, x: number, y: number, side: boolean): void {
  const { ctx, palette } = brush;
  const { colour, fonts } = palette;
  let base = y + 22;
  ctx.textAlign = 'left';
  const veil = (top: number, width: number, height: number) => {
    const before = ctx.globalAlpha;
    ctx.globalAlpha = before * 0.72;
    ctx.fillStyle = colour['surface-0'];
    ctx.beginPath();
    ctx.roundRect(x + 14, top, width + 8, height, 3);
    ctx.fill();
    ctx.globalAlpha = before;
  };
  if (!note.serious) {
    veil((side ? y - 6 : base) - 12, palette.width(ctx, fonts.type, note.text), 16);
    ctx.font = fonts.type;
    ctx.fillStyle = colour['text-2'];
    ctx.fillText(note.text, x + 18, side ? y - 6 : base);
    return;
  }
  ctx.strokeStyle = colour.error;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x + 2, y + 18.5);
  ctx.lineTo(x + 12, y + 18.5);
  ctx.stroke();
  const lines = wrap(palette, ctx, fonts.type, note.text, 190, 4);
  const wide = Math.max(
    ...lines.map((l) => palette.width(ctx, fonts.type, l)),
    note.title ? 20 + palette.width(ctx, fonts.note, note.title) : 0,
  );
  veil(
    y + (note.title ? 0 : 11 - (lines.length - 1) * 7.5),
    wide,
    (note.title ? 20 : 2) + lines.length * 15,
  );
  if (note.title) {
    cross(ctx, x + 24, y + 9, colour.error);
    ctx.font = fonts.note;
    ctx.fillStyle = colour.error;
    ctx.fillText(note.title, x + 38, y + 13);
    base = y + 30;
  } else base = y + 22.5 - (lines.length - 1) * 7.5;
  ctx.font = fonts.type;
  ctx.fillStyle = note.title ? colour['text-2'] : colour['text-1'];
  lines.forEach((line, i) => ctx.fillText(line, x + 18, base + i * 15));
}
