// Chips: parameters and constants left of the box that reads them, and an input at its right. The
// inner end of a parameter's chip has the colour of its gradient; a tick says that `.grad` is written.

import { edgeWidth, normOf, scientific, shapeText, type Reading } from '../flow/scale';
import type { Brush } from './draw';
import { READ_NAMES } from './draw';
import type { Frame } from './layout';
import {
  CHIP_HEIGHT,
  CHIP_PITCH,
  NODE_HEIGHT,
  SIDE_GAP,
  SIDE_HEIGHT,
  sideWidth,
  type Metrics,
} from './metrics';
import type { Box, Chip } from './model';
import { readingOf, shownLevel, type Picture } from './picture';
import { tick } from './words';

/** The rectangle of chip `i` of a box. */
export function chipPlace(
  box: Box,
  frame: Frame,
  metrics: Metrics,
  i: number,
): { x: number; y: number; width: number; height: number } {
  const half = metrics.node / 2;
  const height = box.cells.length ? Math.min(frame.height, 46) : NODE_HEIGHT;
  const column = box.chips.length * CHIP_PITCH - 2;
  return {
    x: frame.x - half - metrics.chipGap - metrics.chip,
    y: frame.y + Math.round((height - column) / 2) + i * CHIP_PITCH,
    width: metrics.chip,
    height: CHIP_HEIGHT,
  };
}

export function sidePlace(
  chip: Chip,
  frame: Frame,
  metrics: Metrics,
): { x: number; y: number; width: number; height: number } {
  return {
    x: frame.x + metrics.node / 2 + SIDE_GAP,
    y: frame.y + (NODE_HEIGHT - SIDE_HEIGHT) / 2,
    width: sideWidth(chip),
    height: SIDE_HEIGHT,
  };
}

export function drawChips(brush: Brush, box: Box, frame: Frame, edge: number): void {
  box.chips.forEach((chip, i) =>
    drawChip(brush, chip, chipPlace(box, frame, brush.picture.metrics, i), edge, box.ghost),
  );
}

function drawChip(
  brush: Brush,
  chip: Chip,
  at: { x: number; y: number; width: number; height: number },
  edge: number,
  ghost: boolean,
): void {
  const { ctx, palette, picture, k } = brush;
  const { colour, fonts } = palette;
  const end = at.x + at.width;
  const middle = at.y + at.height / 2;
  const { node, reading } = weakestLink(picture, chip);
  const stand = picture.light.stand(node);
  const shown =
    picture.light.ran &&
    (stand === 'lit' || stand === 'active') &&
    picture.light.cursor.phase !== 'forward' &&
    !chip.dotted;
  const mark = shown ? reading.mark : 'none';
  const alpha = ctx.globalAlpha;

  ctx.beginPath();
  ctx.moveTo(end, middle);
  ctx.lineTo(edge, middle);
  if (mark === 'finite') {
    const tint = palette.scale.colour(shownLevel(picture, node, reading.level));
    const width = Math.max(
      1.5,
      edgeWidth(normOf(picture.scene.topology.nodes[node], reading.rms)) * 0.6,
    );
    ctx.strokeStyle = tint;
    for (const [more, share] of [
      [7, 0.18],
      [3, 0.3],
    ]) {
      ctx.globalAlpha = alpha * share * palette.haloAlpha;
      ctx.lineWidth = width + more;
      ctx.stroke();
    }
    ctx.globalAlpha = alpha;
    ctx.lineWidth = width;
    ctx.stroke();
  } else {
    ctx.strokeStyle = mark === 'nonfinite' ? colour.error : colour['line-3'];
    ctx.lineWidth = mark === 'nonfinite' ? 1.5 : Math.max(1, 0.7 / k);
    ctx.setLineDash(
      mark === 'nonfinite'
        ? [3, 3]
        : chip.dotted || ghost || (shown && mark === 'none')
          ? [1.5, 3]
          : [],
    );
    ctx.stroke();
    ctx.setLineDash([]);
  }

  const selected = picture.selectedNode >= 0 && chip.nodes.includes(picture.selectedNode);
  ctx.beginPath();
  ctx.roundRect(at.x + 0.5, at.y + 0.5, at.width - 1, at.height - 1, 3);
  ctx.fillStyle = colour['surface-1'];
  ctx.fill();
  ctx.strokeStyle = selected ? colour.accent : chip.dotted ? colour['line-3'] : colour['line-2'];
  ctx.lineWidth = selected ? 1.75 : 1;
  ctx.setLineDash(chip.dotted || (shown && mark === 'none') ? [1.5, 3] : []);
  ctx.stroke();
  ctx.setLineDash([]);
  if (mark === 'finite' || mark === 'nonfinite') {
    ctx.fillStyle =
      mark === 'finite'
        ? palette.scale.colour(shownLevel(picture, node, reading.level))
        : brush.hatch;
    const width = mark === 'finite' ? 5 : 7;
    ctx.beginPath();
    ctx.roundRect(end - width, at.y, width, at.height, 1.5);
    ctx.fill();
  } else if (mark === 'zero') {
    ctx.strokeStyle = colour['line-3'];
    ctx.lineWidth = 1;
    ctx.strokeRect(end - 5.5, at.y + 0.5, 5, at.height - 1);
  }
  drawPulse(brush, chip, at);
  if (k < READ_NAMES) return;
  let right = end - 11;
  const written = chip.nodes.every((each) => picture.light.written(each));
  if (shown && written && mark !== 'none' && picture.light.cursor.phase === 'backward') {
    tick(ctx, end - 14, middle, colour['text-1']);
    right -= 11;
  }
  const dim = ghost || (!shown && picture.light.cursor.phase === 'backward');
  ctx.font = fonts.mono;
  ctx.textAlign = 'right';
  ctx.fillStyle = colour['text-3'];
  const shape = palette.fit(fonts.mono, updateText(picture, chip) ?? chip.shape, at.width * 0.6);
  ctx.fillText(shape, right, at.y + 12.8);
  const room = right - (shape ? palette.width(fonts.mono, shape) + 4 : 0) - at.x - 7;
  ctx.font = fonts.type;
  ctx.textAlign = 'left';
  ctx.fillStyle = dim ? colour['text-3'] : colour['text-2'];
  // Where a whole path does not fit its last name says most.
  const whole = palette.width(fonts.type, chip.name) <= room;
  const name = whole ? chip.name : (chip.name.split('.').at(-1) ?? chip.name);
  ctx.fillText(palette.fit(fonts.type, name, room), at.x + 7, at.y + 12.8);
}

/** While the update is played: a ring that leaves each parameter which it changed. */
function drawPulse(
  { ctx, palette, picture }: Brush,
  chip: Chip,
  at: { x: number; y: number; width: number; height: number },
): void {
  if (picture.light.cursor.phase !== 'update' || picture.way >= 1 || chip.dotted) return;
  const { parameters } = picture.scene.topology;
  const moved = chip.nodes.some(
    (node) => (picture.numbers?.update[parameters.indexOf(node)] ?? 0) > 0,
  );
  if (!moved) return;
  const alpha = ctx.globalAlpha;
  for (const delay of [0, 0.25]) {
    const way = Math.max(0, (picture.way - delay) / (1 - delay));
    const out = 1 + 9 * way;
    ctx.globalAlpha = alpha * (1 - way);
    ctx.strokeStyle = palette.colour['text-1'];
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(at.x - out, at.y - out, at.width + 2 * out, at.height + 2 * out, 3 + out);
    ctx.stroke();
  }
  ctx.globalAlpha = alpha;
}

/** In the update: how far the step moved the parameter, as a share of its norm. */
function updateText(picture: Picture, chip: Chip): string | null {
  if (picture.light.cursor.phase !== 'update' || chip.dotted || chip.nodes.length > 1) return null;
  const at = picture.scene.topology.parameters.indexOf(chip.nodes[0]);
  const ratio = at < 0 ? undefined : picture.numbers?.update[at];
  return ratio === undefined || Number.isNaN(ratio) ? null : `Δ${scientific(ratio)}`;
}

/** A chip of several parameters shows what is broken first, else the strongest. */
function weakestLink(picture: Picture, chip: Chip): { node: number; reading: Reading } {
  let best = { node: chip.nodes[0], reading: readingOf(picture, chip.nodes[0]) };
  for (const node of chip.nodes) {
    const reading = readingOf(picture, node);
    if (reading.mark === 'nonfinite') return { node, reading };
    if (reading.mark === 'finite' && !(best.reading.rms >= reading.rms)) best = { node, reading };
  }
  return best;
}

/** An input that only this box reads, at its right. */
export function drawSide(
  brush: Brush,
  chip: Chip,
  frame: Frame,
  edge: number,
  ghost: boolean,
): void {
  const { ctx, palette, picture, k } = brush;
  const { colour, fonts } = palette;
  const at = sidePlace(chip, frame, picture.metrics);
  const middle = at.y + at.height / 2 + 0.5;
  ctx.strokeStyle = colour['line-3'];
  ctx.lineWidth = Math.max(1, 0.7 / k);
  ctx.setLineDash([1.5, 3]);
  ctx.beginPath();
  ctx.moveTo(at.x, middle);
  ctx.lineTo(edge + 3, middle);
  ctx.stroke();
  ctx.beginPath();
  ctx.roundRect(at.x + 0.5, at.y + 0.5, at.width - 1, at.height - 1, 5);
  ctx.fillStyle = colour['surface-1'];
  ctx.fill();
  ctx.strokeStyle = picture.selectedNode === chip.nodes[0] ? colour.accent : colour['line-3'];
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.strokeStyle = colour['line-3'];
  ctx.beginPath();
  ctx.moveTo(edge + 8, middle - 4);
  ctx.lineTo(edge + 3, middle);
  ctx.lineTo(edge + 8, middle + 4);
  ctx.stroke();
  if (k < READ_NAMES) return;
  ctx.font = fonts.title;
  ctx.textAlign = 'left';
  ctx.fillStyle = colour[ghost ? 'text-3' : 'text-1'];
  ctx.fillText(palette.fit(fonts.title, chip.name, at.width - 20), at.x + 10, at.y + 17.5);
  ctx.font = fonts.mono;
  ctx.textAlign = 'center';
  ctx.fillStyle = colour['text-3'];
  ctx.fillText(
    shapeText(picture.scene.topology.nodes[chip.nodes[0]]),
    at.x + at.width / 2,
    at.y + 40,
  );
}
