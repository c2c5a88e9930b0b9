// How large the things on the stage are, in world pixels, on a wide stage and on a phone.

import type { Extent } from './layered';
import type { Box, Chip } from './model';

export interface Metrics {
  /** A phone: narrower boxes, no words beside them. */
  compact: boolean;
  node: number;
  chip: number;
  chipGap: number;
  /** Room right of a group's content. */
  roomRight: number;
}

export const WIDE: Metrics = { compact: false, node: 216, chip: 104, chipGap: 30, roomRight: 90 };
/** For a picture that would be too wide to read. */
export const NARROW: Metrics = { compact: false, node: 176, chip: 92, chipGap: 16, roomRight: 60 };
export const COMPACT: Metrics = { compact: true, node: 176, chip: 112, chipGap: 20, roomRight: 58 };

/** Between an open group's line and what it holds. */
export const GROUP_TOP = 30;
export const GROUP_BOTTOM = 13;
export const GROUP_SIDE = 14;

/** An open loop: a strip of its turns below its name, and a lane for what they hand on. */
export const TURNS_TOP = 66;
export const TURNS_BOTTOM = 24;
export const TURNS_SIDE = 34;

export const NODE_HEIGHT = 36;
export const STRIP_HEIGHT = 46;
export const LOSS_HEIGHT = 30;
export const SILL = 5;
/** Between a box's edge and its words. */
export const PAD = 12;
export const CHIP_HEIGHT = 18;
export const CHIP_PITCH = 20;
export const SIDE_GAP = 44;
export const SIDE_HEIGHT = 26;
export const STACK_TOP = 30;
const CALLOUT = 128;
const MOST_ROWS = 40;

/** Rows of a stack's strip: few are tall and numbered, many are thin, more share rows. */
export function stackRows(members: number): { count: number; pitch: number } {
  if (members <= 16) return { count: members, pitch: 14.5 };
  return { count: Math.min(members, MOST_ROWS), pitch: members <= 28 ? 9 : 6 };
}

export function lossWidth(metrics: Metrics): number {
  return metrics.compact ? 120 : 128;
}

export function sideWidth(chip: Chip): number {
  return Math.min(150, Math.max(72, Math.round(chip.name.length * 7.2) + 22));
}

/** Left edge of a box's own rectangle, from its axis. */
export function halfWidth(box: Box, metrics: Metrics): number {
  return (box.kind === 'loss' ? lossWidth(metrics) : metrics.node) / 2;
}

/** What a box reaches with its chips and what stands beside it. An open group is its layout's. */
export function extentOf(box: Box, metrics: Metrics): Extent {
  const half = halfWidth(box, metrics);
  const height =
    box.kind === 'loss'
      ? LOSS_HEIGHT
      : box.kind === 'stack' && box.rows
        ? Math.round(
            STACK_TOP + stackRows(box.cells.length).count * stackRows(box.cells.length).pitch + 8,
          )
        : box.cells.length
          ? STRIP_HEIGHT
          : NODE_HEIGHT;
  // A column of chips taller than its box needs its own room.
  const chips = box.chips.length * CHIP_PITCH - 2;
  return {
    left: half + (box.chips.length ? metrics.chipGap + metrics.chip : 0),
    right:
      half +
      (box.side
        ? SIDE_GAP + sideWidth(box.side)
        : box.kind === 'stack' && box.rows && !metrics.compact
          ? CALLOUT
          : box.ends.length
            ? 26 + Math.round(box.ends.join(', ').length * 6.4)
            : 0),
    height: Math.max(height, chips - 24),
  };
}

/** What an open group keeps free around what it holds. */
export function padOf(box: Box): { top: number; bottom: number; right: number } {
  return box.turns
    ? { top: TURNS_TOP, bottom: TURNS_BOTTOM, right: TURNS_SIDE }
    : { top: GROUP_TOP, bottom: GROUP_BOTTOM, right: GROUP_SIDE };
}
