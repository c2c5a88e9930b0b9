/** The map on its canvas: a line for each row, a cell for each recorded step. */

import { hatchFill } from '../flow/hatch';
import type { Numbers } from '../protocol';
import { joined, type Bin, type Matrix } from './matrix';
import type { Cell } from './measures';
import type { Paint } from './paint';
import type { Row } from './rows';

export interface Ink {
  /** Of the outlines of zero and the dots of none. */
  line: string;
  ground: string;
  hatch: HTMLCanvasElement;
}

export interface MapPicture {
  matrix: Matrix;
  steps: readonly Numbers[];
  bins: readonly Bin[];
  paint: Paint;
  ink: Ink;
  relative: boolean;
  rowHeight: number;
  /** How far the rows are scrolled. */
  top: number;
  width: number;
  height: number;
}

/** Where nothing was recorded a thread leads to the nearest recorded step: this share of a row. */
const THREAD = 0.5;
/** An open group is a thin line: its rows say the same in full. */
const THIN = 5;
const DOT_PITCH = 4;

export function drawMap(ctx: CanvasRenderingContext2D, map: MapPicture, dpr: number): void {
  const { matrix, rowHeight, top, width, height, ink } = map;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, width, height);
  const hatch = hatchFill(ctx, ink.hatch) ?? ink.line;
  const columns = map.bins.map((bin) => columnOf(map, bin));
  const medians = map.bins.map((bin) =>
    map.relative && matrix.measure.kind === 'gradient' ? matrix.median(map.steps[bin.first]) : null,
  );
  const first = Math.max(0, Math.floor(top / rowHeight));
  const last = Math.min(matrix.rows.length - 1, Math.floor((top + height) / rowHeight));
  for (let row = first; row <= last; row++) {
    const thin = isOpen(matrix.rows, row) && rowHeight > THIN + 4;
    const y = row * rowHeight - top + (thin ? (rowHeight - THIN) / 2 : 0);
    const high = thin ? THIN : rowHeight > 6 ? rowHeight - 1 : rowHeight;
    drawRow(ctx, map, columns, medians, row, y, high, hatch);
  }
}

/** Whether the rows below a group are its own. */
export function isOpen(rows: readonly Row[], row: number): boolean {
  return row + 1 < rows.length && rows[row + 1].depth > rows[row].depth;
}

function columnOf({ matrix, steps }: MapPicture, bin: Bin): (row: number) => Cell {
  const columns = steps.slice(bin.first, bin.last + 1).map((numbers) => matrix.column(numbers));
  if (columns.length === 1) return (row) => columns[0][row];
  return (row) =>
    joined(
      matrix.measure,
      columns.map((column) => column[row]),
    );
}

type Fill = 'colour' | 'zero' | 'none' | 'nonfinite';

function drawRow(
  ctx: CanvasRenderingContext2D,
  map: MapPicture,
  columns: readonly ((row: number) => Cell)[],
  medians: readonly (number | null)[],
  row: number,
  y: number,
  high: number,
  hatch: string | CanvasPattern,
): void {
  const { bins, paint, ink, matrix } = map;
  let before: Fill | null = null;
  bins.forEach((bin, i) => {
    const cell = columns[i](row);
    const fill: Fill = Number.isNaN(cell)
      ? 'none'
      : !Number.isFinite(cell)
        ? 'nonfinite'
        : cell === 0 && matrix.measure.kind !== 'share'
          ? 'zero'
          : 'colour';
    const next = bins[i + 1];
    if (fill === 'colour' || fill === 'nonfinite') {
      // Also where a step is less than a pixel, it is seen that something is no number.
      const least = fill === 'nonfinite' ? 3 : 0;
      ctx.fillStyle = fill === 'nonfinite' ? hatch : paint.colour(matrix.measure, cell, medians[i]);
      ctx.fillRect(bin.x, y, Math.max(least, bin.solid - bin.x), high);
      const thread = Math.min(high, Math.max(2, Math.round(high * THREAD)));
      const middle = Math.round(y + (high - thread) / 2);
      if (bin.start < bin.x) ctx.fillRect(bin.start, middle, bin.x - bin.start, thread);
      if (bin.end > bin.solid) ctx.fillRect(bin.solid, middle, bin.end - bin.solid, thread);
    } else {
      ctx.fillStyle = ink.line;
      if (fill === 'none') {
        const from = Math.ceil(bin.start / DOT_PITCH) * DOT_PITCH;
        for (let x = from; x < bin.end; x += DOT_PITCH)
          ctx.fillRect(x, Math.round(y + high / 2), 1, 1);
      } else {
        ctx.fillRect(bin.start, y, bin.end - bin.start, 1);
        ctx.fillRect(bin.start, y + high - 1, bin.end - bin.start, 1);
        if (before !== 'zero') ctx.fillRect(bin.start, y, 1, high);
        if (!next || columns[i + 1](row) !== 0) ctx.fillRect(bin.end - 1, y, 1, high);
      }
    }
    before = fill;
  });
}
