// Boxes, groups, stacks, chips and what is written beside them. Faces stay neutral; colour is on the
// sill (the edge that faces the loss), in the halo behind it and in the cells of a strip.

import { plain, type Reading } from '../flow/scale';
import { cutWord, lossOf } from './describe';
import type { Brush } from './draw';
import { drawChips, drawSide } from './chips';
import { READ_NAMES } from './draw';
import type { Frame } from './layout';
import { halfWidth, NODE_HEIGHT, PAD, SILL, stackRows, STACK_TOP } from './metrics';
import type { Box } from './model';
import { readingOf, shownLevel } from './picture';
import { drawNote } from './notes';
import { cards, drawRows, drawStrip, drawTurns } from './strips';
import { cross } from './words';

const RADIUS = 6;

/** An open group: one line around it, its name and class at the top. */
export function drawGroup(brush: Brush, index: number): void {
  const { ctx, palette, picture, k } = brush;
  const box = picture.scene.boxes[index];
  const f = picture.layout.frames[index];
  const [x, y, width] = [f.x - f.left, f.y, f.left + f.right];
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, width - 1, f.height - 1, 8);
  const alpha = ctx.globalAlpha;
  ctx.globalAlpha = alpha * 0.024;
  ctx.fillStyle = palette.colour['text-1'];
  ctx.fill();
  ctx.globalAlpha = alpha;
  const marked = picture.selected === index;
  ctx.strokeStyle = marked
    ? palette.colour.accent
    : picture.hovered === index
      ? palette.colour['line-3']
      : palette.colour['line-2'];
  ctx.lineWidth = marked ? 1.75 : Math.max(1, 0.7 / k);
  ctx.stroke();
  if (k >= READ_NAMES) {
    chevron(brush, x + 14, y + 15.5, true);
    ctx.textAlign = 'left';
    ctx.font = palette.fonts.title;
    ctx.fillStyle = palette.colour['text-1'];
    const name = palette.fit(palette.fonts.title, box.name, width - 40);
    ctx.fillText(name, x + 23, y + 19);
    if (box.type) {
      const at = x + 23 + palette.width(palette.fonts.title, name) + 6;
      ctx.font = palette.fonts.type;
      ctx.fillStyle = palette.colour['text-2'];
      ctx.fillText(palette.fit(palette.fonts.type, box.type, x + width - at - 10), at, y + 19);
    }
  }
  if (box.turns) drawTurns(brush, box, x, y, width);
  drawChange(brush, index, x, y, width, f.height, 8);
  if (picture.focused === index) ring(brush, x, y, width, f.height, 8);
}

/** The light behind a box, on the side of the loss. */
export function drawHalo(brush: Brush, index: number): void {
  const { ctx, palette, picture, k } = brush;
  if (k < 0.12) return;
  const box = picture.scene.boxes[index];
  const f = picture.layout.frames[index];
  const stand = picture.light.stand(box.node);
  if (box.ghost || (stand !== 'lit' && stand !== 'active')) return;
  const alpha = ctx.globalAlpha;
  const half = halfWidth(box, picture.metrics);
  if (box.kind === 'stack' && box.rows) {
    const rows = stackRows(box.cells.length);
    box.cells.forEach((node, i) => {
      const reading = readingOf(picture, node);
      if (reading.mark !== 'finite') return;
      const row = Math.floor((i * rows.count) / box.cells.length);
      cast(
        palette.scale.colour(shownLevel(picture, node, reading.level)),
        half + 8,
        f.y + STACK_TOP + (row + 0.5) * rows.pitch,
        15,
        1,
      );
    });
    ctx.globalAlpha = alpha;
    return;
  }
  const reading = readingOf(picture, box.node);
  if (reading.mark !== 'finite') return;
  const settled = stand === 'active' ? 0.5 + 0.5 * picture.way : 1;
  const colour = palette.scale.colour(shownLevel(picture, box.node, reading.level));
  if (box.kind === 'loss') cast(colour, half + 6, f.y + f.height / 2 + 3, f.height + 14, settled);
  else cast(colour, half + 4, f.y + f.height - 5, 30, settled);
  ctx.globalAlpha = alpha;

  function cast(colour: string, reach: number, y: number, height: number, share: number): void {
    ctx.globalAlpha = alpha * palette.haloAlpha * share;
    brush.shine(colour, 2 * reach, height, 13, f.x, y);
  }
}

export function drawBox(brush: Brush, index: number): void {
  const { ctx, palette, picture, k } = brush;
  const { colour } = palette;
  const box = picture.scene.boxes[index];
  const f = picture.layout.frames[index];
  const node = picture.scene.topology.nodes[box.node];
  if (box.kind === 'loss') return drawLoss(brush, index, box, f);

  const half = halfWidth(box, picture.metrics);
  const [x, y, width] = [f.x - half, f.y, 2 * half];
  const height = box.kind === 'stack' || box.cells.length ? f.height : NODE_HEIGHT;
  const stand = picture.light.stand(box.node);
  const quiet =
    stand === 'waiting' || stand === 'arriving' || stand === 'unmade' || !node?.requires_grad;
  const reading = readingOf(picture, box.node);
  const note = picture.notes.get(index);
  const serious = !!note?.serious;
  const failed = !!node?.failed;
  const settledNone =
    stand === 'lit' &&
    picture.light.cursor.phase !== 'forward' &&
    picture.light.ran &&
    reading.mark === 'none' &&
    !!node?.requires_grad;

  if (box.kind === 'stack' && !box.ghost) cards(brush, x, y, width);
  const dash = box.ghost ? [1.5, 4] : box.kind === 'input' || settledNone ? [1.5, 3] : [];
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, RADIUS);
  if (!box.ghost) {
    ctx.fillStyle = quiet || box.kind === 'input' ? colour['surface-1'] : colour['surface-2'];
    ctx.fill();
  }
  const selected = picture.selected === index;
  const strong = serious || failed || selected || stand === 'active';
  ctx.strokeStyle =
    serious || failed
      ? colour.error
      : selected
        ? colour.accent
        : stand === 'active'
          ? colour['text-1']
          : picture.hovered === index
            ? colour['text-2']
            : quiet && !box.ghost && box.kind !== 'input'
              ? colour['line-2']
              : colour['line-3'];
  ctx.lineWidth = strong ? 1.75 : Math.max(1, 0.7 / k);
  ctx.setLineDash(dash);
  if (!strong) ctx.stroke();
  ctx.setLineDash([]);

  const lit = stand === 'lit' || stand === 'active';
  const sill =
    lit &&
    !box.ghost &&
    !(box.kind === 'stack' && box.rows) &&
    picture.light.cursor.phase !== 'forward';
  if (sill && picture.light.ran) drawSill(brush, box, reading, x, y, width, height);
  if (strong) {
    ctx.beginPath();
    ctx.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, RADIUS);
    ctx.stroke();
  }
  if (selected) {
    const before = ctx.globalAlpha;
    ctx.globalAlpha = before * 0.4;
    ctx.strokeStyle = colour.accent;
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.roundRect(x - 4, y - 4, width + 8, height + 8, 9);
    ctx.stroke();
    ctx.globalAlpha = before;
  }
  if (k >= READ_NAMES) {
    drawFace(brush, box, reading, stand, x, y, width, height, failed);
    if (box.kind === 'stack' && box.rows) drawRows(brush, box, f, x, y, width);
    else if (box.cells.length) drawStrip(brush, box, x, y, width);
  }
  if (box.chips.length) drawChips(brush, box, f, x);
  if (box.side) drawSide(brush, box.side, f, x + width, box.ghost);
  drawChange(brush, index, x, y, width, height, RADIUS);
  if (box.ends.length && !box.ghost && k >= READ_NAMES) drawEnds(brush, box, x + width, y + height);
  if (note && !picture.metrics.compact && k >= READ_NAMES) drawNote(brush, note, index);
  else if (note?.serious && note.title && k >= READ_NAMES) {
    ctx.font = palette.fonts.note;
    ctx.fillStyle = colour.error;
    ctx.textAlign = 'right';
    ctx.fillText(
      note.title,
      x - 10 - (box.chips.length ? picture.metrics.chip + picture.metrics.chipGap : 0),
      y + 22,
    );
  }
  const inside = picture.matches?.get(index) ?? 0;
  if (inside && box.toggle) drawMatches(brush, inside, x + width, y);
  if (picture.focused === index) ring(brush, x, y, width, height, RADIUS);
}

/** How many of the things searched for a closed group holds. */
function drawMatches({ ctx, palette }: Brush, count: number, x: number, y: number): void {
  const text = count.toLocaleString('en-US');
  const wide = palette.width(palette.fonts.monoStrong, text) + 12;
  ctx.fillStyle = palette.colour.accent;
  ctx.beginPath();
  ctx.roundRect(x - wide + 6, y - 8, wide, 16, 8);
  ctx.fill();
  ctx.font = palette.fonts.monoStrong;
  ctx.textAlign = 'center';
  ctx.fillStyle = palette.colour['surface-0'];
  ctx.fillText(text, x - wide / 2 + 6, y + 4);
}

/** Name, class, line at the left; what is known of its gradient at the right. */
function drawFace(
  brush: Brush,
  box: Box,
  reading: Reading,
  stand: string,
  x: number,
  y: number,
  width: number,
  height: number,
  failed: boolean,
): void {
  const { ctx, palette, picture } = brush;
  const { fonts, colour } = palette;
  const node = picture.scene.topology.nodes[box.node];
  const tall = box.cells.length > 0;
  const base = y + (box.kind === 'stack' && box.rows ? 20 : tall ? 19 : height / 2 + 2.5);
  const dim = box.ghost || stand === 'waiting' || stand === 'arriving' || stand === 'unmade';

  let word = '';
  let faint = true;
  if (box.ghost) word = picture.metrics.compact ? '' : picture.missing;
  else if (failed) word = '';
  else if (node && !node.requires_grad) word = cutWord(node.cut) || 'no grad';
  else if (stand === 'waiting' || stand === 'arriving') word = stand;
  else if (
    picture.light.ran &&
    (stand === 'lit' || stand === 'active') &&
    picture.light.cursor.phase !== 'forward'
  ) {
    word = reading.text;
    faint = reading.mark === 'none';
  }
  if (box.kind === 'stack' && box.rows) [word, faint] = ['', true];
  const bad = reading.mark === 'nonfinite' && word === reading.text;
  let end = x + width - PAD;
  if (word) {
    ctx.font = bad ? fonts.monoStrong : fonts.mono;
    ctx.textAlign = 'right';
    ctx.fillStyle = bad ? colour.error : faint ? colour['text-3'] : colour['text-1'];
    ctx.fillText(word, end, base);
    end -= palette.width(ctx.font, word) + 8;
  }
  if (failed) {
    cross(ctx, x + width - 19, base - 4, colour.error);
    end -= 20;
  }

  let at = x + PAD;
  if (box.toggle && (box.cells.length || box.kind === 'stack')) {
    chevron(brush, at + 2, base - 4, false);
    at += 12;
  }
  const line = box.line ? `:${box.line}` : '';
  const lineWidth = line ? palette.width(fonts.mono, line) + 7 : 0;
  const room = end - at - lineWidth;
  const name = palette.fit(fonts.name, box.name, room);
  ctx.textAlign = 'left';
  ctx.font = fonts.name;
  ctx.fillStyle = dim
    ? colour['text-3']
    : node && !node.requires_grad
      ? colour['text-2']
      : colour['text-1'];
  ctx.fillText(name, at, base);
  at += palette.width(fonts.name, name);
  const type = box.type ? palette.fit(fonts.type, box.type, end - at - lineWidth - 6) : '';
  if (type.length > 2 || type === box.type) {
    if (type) {
      ctx.font = fonts.type;
      ctx.fillStyle = dim ? colour['text-3'] : colour['text-2'];
      ctx.fillText(type, at + 6, base);
      at += 6 + palette.width(fonts.type, type);
    }
  }
  if (!line) return;
  ctx.font = fonts.mono;
  ctx.fillStyle = colour['text-3'];
  if (box.kind === 'stack' && box.rows) {
    ctx.textAlign = 'right';
    ctx.fillText(line, x + width - PAD, base);
  } else ctx.fillText(line, at + 7, base);
}

/** What the compared graph lacks has a bar and a plus, what only it has a minus. */
function drawChange(
  brush: Brush,
  index: number,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
): void {
  const { ctx, palette, picture, k } = brush;
  const added = picture.added?.has(index);
  if (!added && !picture.removed?.has(index)) return;
  const colour = palette.colour[added ? 'text-1' : 'text-2'];
  ctx.strokeStyle = colour;
  ctx.lineWidth = Math.max(1.5, 1 / k);
  ctx.setLineDash(added ? [] : [5, 4]);
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, radius);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.arc(x, y, 7.5, 0, 2 * Math.PI);
  ctx.fillStyle = added ? colour : palette.colour['surface-0'];
  ctx.fill();
  ctx.lineWidth = 1.25;
  ctx.stroke();
  ctx.strokeStyle = added ? palette.colour['surface-0'] : colour;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.moveTo(x - 3.5, y);
  ctx.lineTo(x + 3.5, y);
  if (added) {
    ctx.moveTo(x, y - 3.5);
    ctx.lineTo(x, y + 3.5);
  }
  ctx.stroke();
}

/** Where a value left the graph: a short line that ends in a bar, and why. */
function drawEnds({ ctx, palette }: Brush, box: Box, right: number, bottom: number): void {
  const y = bottom - 8.5;
  ctx.strokeStyle = palette.colour['line-3'];
  ctx.lineWidth = 1;
  ctx.setLineDash([1.5, 3]);
  ctx.beginPath();
  ctx.moveTo(right + 1, y);
  ctx.lineTo(right + 15, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.strokeStyle = palette.colour['text-3'];
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(right + 15.5, y - 5);
  ctx.lineTo(right + 15.5, y + 5);
  ctx.stroke();
  ctx.font = palette.fonts.mono;
  ctx.textAlign = 'left';
  ctx.fillStyle = palette.colour['text-2'];
  ctx.fillText(box.ends.join(', '), right + 22, y + 3.7);
}

/** The bright lower edge of a box, in the colour of the gradient that reached it. */
function drawSill(
  brush: Brush,
  box: Box,
  reading: Reading,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const { ctx, palette, picture } = brush;
  if (reading.mark === 'none') return;
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, RADIUS);
  ctx.clip();
  const top = y + height - SILL;
  if (reading.mark === 'zero') {
    ctx.strokeStyle = palette.colour['line-3'];
    ctx.lineWidth = 1;
    ctx.strokeRect(x, top - 0.5, width, SILL + 2);
  } else {
    const stand = picture.light.stand(box.node);
    if (stand === 'active') ctx.globalAlpha *= 0.4 + 0.6 * picture.way;
    ctx.fillStyle =
      reading.mark === 'nonfinite'
        ? brush.hatch
        : palette.scale.colour(shownLevel(picture, box.node, reading.level));
    ctx.fillRect(x, reading.mark === 'nonfinite' ? top - 1 : top, width, SILL + 1);
  }
  ctx.restore();
}

/** The lamp: the only filled shape on the stage. */
function drawLoss(brush: Brush, index: number, box: Box, f: Frame): void {
  const { ctx, palette, picture, k } = brush;
  const { colour, fonts } = palette;
  const half = halfWidth(box, picture.metrics);
  const [x, width] = [f.x - half, 2 * half];
  const stand = picture.light.stand(box.node);
  const faint = box.ghost || stand === 'unmade';
  const value = faint ? null : lossOf(picture.scene, box, picture.numbers);
  const lit =
    !box.ghost &&
    picture.light.ran &&
    (stand === 'lit' || stand === 'active' || picture.light.cursor.phase === 'backward');
  const reading = readingOf(picture, box.node);
  ctx.beginPath();
  ctx.roundRect(x + 0.5, f.y + 0.5, width - 1, f.height - 1, 15);
  if (lit) {
    ctx.fillStyle =
      reading.mark === 'finite'
        ? palette.scale.colour(shownLevel(picture, box.node, reading.level))
        : colour.lamp;
    ctx.fill();
  }
  const bad = value !== null && !Number.isFinite(value);
  ctx.strokeStyle = bad
    ? colour.error
    : faint
      ? colour['line-3']
      : picture.selected === index
        ? colour.accent
        : colour.lamp;
  ctx.lineWidth = bad || picture.selected === index ? 2 : 1;
  if (box.ghost) ctx.setLineDash([1.5, 4]);
  if (!lit || bad || picture.selected === index) ctx.stroke();
  ctx.setLineDash([]);
  if (k >= READ_NAMES) {
    const ink = lit ? colour['surface-0'] : faint ? colour['text-3'] : colour['text-1'];
    ctx.fillStyle = ink;
    const text = value === null ? '' : plain(value);
    ctx.font = fonts.monoStrong;
    if (text) {
      ctx.textAlign = 'right';
      ctx.fillText(text, x + width - 16, f.y + 19);
    }
    ctx.font = fonts.name;
    ctx.textAlign = text ? 'left' : 'center';
    const room = width - 32 - (text ? palette.width(fonts.monoStrong, text) + 8 : 0);
    ctx.fillText(palette.fit(fonts.name, box.name, room), text ? x + 16 : f.x, f.y + 19.5);
  }
  if (picture.focused === index) ring(brush, x, f.y, width, f.height, 15);
}

/** Points down where a group is open, right where it is closed. */
function chevron({ ctx, palette }: Brush, x: number, y: number, open: boolean): void {
  ctx.strokeStyle = palette.colour['text-3'];
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  if (open) {
    ctx.moveTo(x - 3.2, y - 1.6);
    ctx.lineTo(x, y + 1.8);
    ctx.lineTo(x + 3.2, y - 1.6);
  } else {
    ctx.moveTo(x - 1.6, y - 3.2);
    ctx.lineTo(x + 1.8, y);
    ctx.lineTo(x - 1.6, y + 3.2);
  }
  ctx.stroke();
}

/** Keyboard focus, two pixels away from the box and on top of a selection. */
function ring(
  { ctx, palette }: Brush,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
): void {
  ctx.globalAlpha = 1;
  ctx.strokeStyle = palette.colour.focus;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.roundRect(x - 3, y - 3, width + 6, height + 6, radius + 3);
  ctx.stroke();
}
