// How much is drawn of very much: boxes are counted, nothing is timed.

import { describe, expect, it } from 'vitest';
import type { Topology } from '../../src/protocol';
import { layout } from '../../src/graph/layout';
import { inputOf } from '../../src/graph/layouter';
import { WIDE } from '../../src/graph/metrics';
import { BUDGET, sceneOf } from '../../src/graph/model';
import { structureOf } from '../../src/graph/structure';
import { flat, huge, Program } from './build';

/** A recurrent program of a hundred thousand operations. */
function unrolled(turns: number, ops: number): Topology {
  const p = new Program('unrolled');
  let h = p.node('parameter', 'h', [4]);
  for (let t = 1; t <= turns; t++)
    p.group({ kind: 'loop', name: 'for t', line: 3, turn: t, fold: 'turn' }, () => {
      for (let i = 0; i < ops; i++) h = p.at(4 + i, `line ${i}`, () => p.op('mul', [h], [4]));
    });
  return p.topology();
}

describe('100,000 operations', () => {
  it.each([
    ['in modules', () => huge(80, 50, 25)],
    ['in no group at all', () => flat(100_000)],
    ['in a loop', () => unrolled(10_000, 10)],
  ])('%s open folded', (_, build) => {
    const topology = build();
    expect(structureOf(topology).ops).toBeGreaterThanOrEqual(100_000);
    const scene = sceneOf(topology, new Map(), { budget: BUDGET, compact: false });
    expect(scene.boxes.length).toBeGreaterThan(2);
    expect(scene.boxes.length).toBeLessThanOrEqual(200);
    expect(scene.links.length).toBeLessThanOrEqual(400);
    const { frames } = layout(inputOf(scene, WIDE));
    expect(frames.every((f) => Number.isFinite(f.x + f.y))).toBe(true);
    // Nothing is lost: each operation is found in some box.
    const lost = topology.nodes.filter((n, i) => n.kind === 'op' && scene.boxOf[i] < 0);
    expect(lost.length).toBe(0);
  });
});
