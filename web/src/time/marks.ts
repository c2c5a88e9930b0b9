/** Where the marks of the time bar stand, and which have room for their words. No DOM here. */

import type { Axis } from './track';

/** What happened at a step. */
export interface Mark {
  step: number;
  /** Another graph, a number that is none, the step that failed. */
  kind: 'graph' | 'nonfinite' | 'error';
  /** The letter of a graph. */
  letter?: string;
  text: string;
}

export interface Placed extends Mark {
  /** Pixels from the left. */
  x: number;
  /** Pixels that the words may take; 0 where there is no room for any. */
  room: number;
  /** Whether the words stand before the mark. */
  before: boolean;
  /** Marks so close that they share this place, itself first. */
  all: readonly Mark[];
}

/** Marks closer than this share a place. */
const CLOSE = 24;
/** Words in less than this cannot be read. */
const LEAST = 48;
const FLAG = 16;

/** What must be seen even where marks share a place. */
const RANK: Record<Mark['kind'], number> = { error: 0, nonfinite: 1, graph: 2 };

export function placeMarks(marks: readonly Mark[], axis: Axis, width: number): Placed[] {
  const sorted = [...marks].sort((a, b) => a.step - b.step || RANK[a.kind] - RANK[b.kind]);
  const groups: { x: number; all: Mark[] }[] = [];
  for (const mark of sorted) {
    const x = axis.share(mark.step) * width;
    const last = groups.at(-1);
    if (last && x - last.x < CLOSE) last.all.push(mark);
    else groups.push({ x, all: [mark] });
  }
  const placed = groups.map(({ x, all }, index): Placed => {
    all.sort((a, b) => RANK[a.kind] - RANK[b.kind] || a.step - b.step);
    const room = (groups[index + 1]?.x ?? width) - x - FLAG;
    return { ...all[0], x, room, before: false, all };
  });
  // The last one has its words before it where there is no room behind, beside those of the other.
  const last = placed.at(-1);
  if (last && last.room < LEAST) {
    const other = placed.at(-2);
    const free = last.x - (other ? other.x + FLAG : 0) - FLAG;
    last.before = true;
    last.room = other ? free / 2 : free;
    if (other) other.room = free / 2;
  }
  for (const mark of placed) if (mark.room < LEAST) mark.room = 0;
  return placed;
}
