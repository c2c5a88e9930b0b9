// Small marks and broken lines of text for the canvas.

import type { Palette } from './palette';
import type { Pen } from './pen';

/** Break a sentence into lines of at most `width`; what does not fit ends in an ellipsis. */
export function wrap(
  palette: Palette,
  font: string,
  text: string,
  width: number,
  most: number,
): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter(Boolean);
  for (const [i, word] of words.entries()) {
    const longer = line ? `${line} ${word}` : word;
    if (palette.width(font, longer) <= width || !line) {
      line = longer;
      continue;
    }
    if (lines.length === most - 1) {
      lines.push(palette.fit(font, [line, ...words.slice(i)].join(' '), width));
      return lines;
    }
    lines.push(line);
    line = word;
  }
  if (line) lines.push(palette.fit(font, line, width));
  return lines;
}

/** A circle with a cross: something failed here. */
export function cross(ctx: Pen, x: number, y: number, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.arc(x, y, 5.6, 0, 2 * Math.PI);
  ctx.moveTo(x - 2.1, y - 2.1);
  ctx.lineTo(x + 2.1, y + 2.1);
  ctx.moveTo(x + 2.1, y - 2.1);
  ctx.lineTo(x - 2.1, y + 2.1);
  ctx.stroke();
}

export function tick(ctx: Pen, x: number, y: number, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.moveTo(x - 3.5, y);
  ctx.lineTo(x - 1, y + 2.6);
  ctx.lineTo(x + 3.8, y - 3);
  ctx.stroke();
}
