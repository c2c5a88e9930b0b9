// The whole graph as a file: SVG from the drawing itself, PNG as the screen would show it.

import { drawPicture, draw, type Brush } from './draw';
import type { Palette } from './palette';
import type { Picture } from './picture';
import { SvgPen } from './svg';

export type Format = 'svg' | 'png';

const MARGIN = 32;
/** No browser makes a larger canvas for sure. */
const MOST_PIXELS = 16_000_000;

function frameOf(picture: Picture): { x: number; y: number; width: number; height: number } {
  const { x, y, width, height } = picture.layout.bounds;
  // What is said beside boxes lies outside of their bounds.
  const beside = picture.notes.size ? 240 : 0;
  return {
    x: x - MARGIN,
    y: y - MARGIN,
    width: width + 2 * MARGIN + beside,
    height: height + 2 * MARGIN,
  };
}

/** As the picture would be with nothing pointed at. */
function atRest(picture: Picture): Picture {
  return { ...picture, hovered: -1, focused: -1, bright: null, before: null, fade: 1, appear: 1 };
}

export function svgOf(picture: Picture, palette: Palette, title: string): string {
  const pen = new SvgPen();
  const { x, y, width, height } = frameOf(picture);
  const brush: Brush = {
    ctx: pen,
    palette,
    picture: atRest(picture),
    k: 1,
    hatch: pen.hatch,
    shine: pen.shine,
  };
  drawPicture(brush, { left: x, right: x + width, top: y, bottom: y + height });
  const { colour } = palette;
  return pen.file({ x, y, width, height }, colour['surface-0'], colour.error, title);
}

export function pngOf(picture: Picture, palette: Palette): Promise<Blob | null> {
  const { x, y, width, height } = frameOf(picture);
  const scale = Math.min(2, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const ctx = canvas.getContext('2d', { alpha: false });
  if (!ctx) return Promise.resolve(null);
  draw(ctx, palette, atRest(picture), { k: 1, x: -x, y: -y }, width, height, scale);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** Hand a file to the user. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
