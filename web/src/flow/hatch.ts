// Diagonal stripes for what is NaN or infinite, as a canvas fill; the same as `--grad-nonfinite-hatch`.

/** A tile of stripes, to be made once per theme. */
export function hatchTile(stripe: string, ground: string): HTMLCanvasElement {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 16;
  const c = tile.getContext('2d')!;
  c.fillStyle = ground;
  c.fillRect(0, 0, 16, 16);
  c.strokeStyle = stripe;
  c.lineWidth = 5;
  c.beginPath();
  for (let x = -16; x <= 32; x += 16) {
    c.moveTo(x - 4, 20);
    c.lineTo(x + 20, -4);
  }
  c.stroke();
  return tile;
}

/** The tile as a fill, stripes three pixels apart. */
export function hatchFill(
  ctx: CanvasRenderingContext2D,
  tile: HTMLCanvasElement,
): CanvasPattern | null {
  const pattern = ctx.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(0.5));
  return pattern;
}
