// The theme as the canvas needs it: colours and fonts read from the CSS variables, and the few
// things that are made once per theme (the hatch, halos).

import { hatchFill, hatchTile } from '../flow/hatch';
import { Scale } from '../flow/scale';

const COLOURS = [
  'surface-0',
  'surface-1',
  'surface-2',
  'line-1',
  'line-2',
  'line-3',
  'text-1',
  'text-2',
  'text-3',
  'accent',
  'focus',
  'error',
  'lamp',
] as const;

export type ColourName = (typeof COLOURS)[number];

export interface Fonts {
  name: string;
  title: string;
  type: string;
  mono: string;
  monoStrong: string;
  large: string;
  note: string;
}

export class Palette {
  readonly colour: Record<ColourName, string>;
  scale: Scale;
  readonly fonts: Fonts;
  readonly haloAlpha: number;
  private readonly halos = new Map<string, HTMLCanvasElement>();
  private readonly widths = new Map<string, number>();
  private tile: HTMLCanvasElement | null = null;
  private measure: CanvasRenderingContext2D | null = null;

  constructor(element: Element) {
    const style = getComputedStyle(element);
    const read = (name: string) => style.getPropertyValue(name).trim();
    this.colour = Object.fromEntries(COLOURS.map((c) => [c, read(`--${c}`)])) as Record<
      ColourName,
      string
    >;
    this.scale = new Scale(read);
    this.haloAlpha = Number(read('--halo-alpha')) || 0.5;
    const ui = read('--font-ui') || 'sans-serif';
    const mono = read('--font-mono') || 'monospace';
    this.fonts = {
      name: `600 12.5px ${ui}`,
      title: `600 11.5px ${ui}`,
      type: `400 11px ${ui}`,
      mono: `400 10.5px ${mono}`,
      monoStrong: `700 11px ${mono}`,
      large: `600 18px ${ui}`,
      note: `600 12.5px ${ui}`,
    };
  }

  /** Gradients in colours relative to a level; absolute where it is null. */
  relativeTo(median: number | null): void {
    this.scale = this.scale.around(median);
  }

  /** Blurred light of one colour, for a rectangle of this size; drawn centred on it. */
  halo(colour: string, width: number, height: number, blur: number): HTMLCanvasElement {
    const key = `${colour}|${width}|${height}|${blur}`;
    let sprite = this.halos.get(key);
    if (!sprite) {
      if (this.halos.size > 400) this.halos.clear();
      sprite = document.createElement('canvas');
      sprite.width = width + 4 * blur;
      sprite.height = height + 4 * blur;
      const ctx = sprite.getContext('2d')!;
      // Only the shadow falls on the sprite: the rectangle itself lies outside of it.
      ctx.shadowColor = colour;
      ctx.shadowBlur = 2 * blur;
      ctx.shadowOffsetX = 2 * sprite.width;
      ctx.fillStyle = colour;
      ctx.beginPath();
      ctx.roundRect(
        2 * blur - 2 * sprite.width,
        2 * blur,
        width,
        height,
        Math.min(width, height) / 2,
      );
      ctx.fill();
      this.halos.set(key, sprite);
    }
    return sprite;
  }

  /** Diagonal stripes for what is NaN or infinite. */
  hatch(ctx: CanvasRenderingContext2D): CanvasPattern | string {
    this.tile ??= hatchTile(this.colour.error, this.colour['surface-0']);
    return hatchFill(ctx, this.tile) ?? this.colour.error;
  }

  width(font: string, text: string): number {
    const key = font + text;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 20_000) this.widths.clear();
      this.measure ??= document.createElement('canvas').getContext('2d')!;
      this.measure.font = font;
      width = this.measure.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  /** The text, cut with an ellipsis where it is wider than `most`; empty where nothing fits. */
  fit(font: string, text: string, most: number): string {
    if (this.width(font, text) <= most) return text;
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.width(font, text.slice(0, middle) + '…') <= most) low = middle;
      else high = middle - 1;
    }
    return low > 0 ? text.slice(0, low) + '…' : '';
  }
}
