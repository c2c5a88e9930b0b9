// The graphs of a run that are not the same, as the stage tells of them.

import type { Topology } from '../protocol';
import { differenceOf, type Shape, type Shapes } from './shapes';

/** A graph that the run has built, by its letter. */
export interface Graph {
  letter: string;
  topology: Topology;
}

/** Another graph to compare with, and in short how it differs. */
export interface Choice {
  hash: string;
  letter: string;
  step: number;
  text: string;
}

/** More cannot be told apart in a menu; the newest are kept. */
const MOST_CHOICES = 24;

export function choicesOf(graphs: readonly Graph[], shapes: Shapes, shape: Shape): Choice[] {
  return graphs
    .filter(({ topology }) => topology.hash !== shape.topology.hash)
    .slice(-MOST_CHOICES)
    .map(({ letter, topology }) => {
      const difference = differenceOf(shapes.of(topology), shape);
      const text = !difference
        ? 'another picture'
        : difference.added.size + difference.removed.size
          ? `+${difference.added.size} −${difference.removed.size} ops`
          : 'same ops, other sizes';
      return { hash: topology.hash, letter, step: topology.step, text };
    });
}
