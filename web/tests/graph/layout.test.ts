import { describe, expect, it } from 'vitest';
import type { Topology } from '../../src/protocol';
import { statistics } from '../../src/graph/layered';
import { layout, type Frame } from '../../src/graph/layout';
import { inputOf } from '../../src/graph/layouter';
import { COMPACT, GROUP_TOP, WIDE } from '../../src/graph/metrics';
import { sceneOf, type Scene } from '../../src/graph/model';
import { attention, deep, flat, huge, mlp, Program, raw, residual } from './build';

const programs: [string, Topology][] = [
  ['an MLP', mlp()],
  ['equal blocks', deep()],
  ['skip connections', residual()],
  ['no modules', raw()],
  ['attention', attention()],
  ['10,000 ops', huge()],
  ['a long list', flat(500)],
];

function lay(topology: Topology, metrics = WIDE, opened = new Map<string, boolean>()) {
  const scene = sceneOf(topology, opened, { budget: 60, compact: metrics.compact });
  return { scene, result: layout(inputOf(scene, metrics)) };
}

const allOpen = (scene: Scene): Map<string, boolean> =>
  new Map(scene.boxes.filter((b) => b.toggle).map((b) => [b.toggle, true]));
const right = (f: Frame) => f.x + f.right;
const left = (f: Frame) => f.x - f.left;
const bottom = (f: Frame) => f.y + f.height;

function expectApart(scene: Scene, frames: Frame[]): void {
  frames.forEach((a, i) => {
    for (let j = i + 1; j < frames.length; j++) {
      if (scene.boxes[i].parent !== scene.boxes[j].parent) continue;
      const b = frames[j];
      const apart =
        right(a) <= left(b) || right(b) <= left(a) || bottom(a) <= b.y || bottom(b) <= a.y;
      expect(apart, `${scene.boxes[i].name} and ${scene.boxes[j].name}`).toBe(true);
    }
  });
}

function expectInside(scene: Scene, frames: Frame[]): void {
  scene.boxes.forEach((box, i) => {
    if (box.parent < 0) return;
    const [f, g] = [frames[i], frames[box.parent]];
    expect(left(f)).toBeGreaterThanOrEqual(left(g));
    expect(right(f)).toBeLessThanOrEqual(right(g));
    expect(f.y).toBeGreaterThanOrEqual(g.y + GROUP_TOP);
    expect(bottom(f)).toBeLessThanOrEqual(bottom(g));
  });
}

describe.each(programs)('the layout of %s', (_, topology) => {
  const variants = [WIDE, COMPACT].map((metrics) => lay(topology, metrics));
  const first = lay(topology).scene;
  if (topology.nodes.length < 300) variants.push(lay(topology, WIDE, allOpen(first)));

  it('lets no two boxes overlap', () => {
    for (const { scene, result } of variants) expectApart(scene, result.frames);
  });

  it('keeps every box inside its group, below the group name', () => {
    for (const { scene, result } of variants) expectInside(scene, result.frames);
  });

  it('runs from top to bottom', () => {
    for (const { scene, result } of variants) {
      scene.links.forEach((link, k) => {
        expect(bottom(result.frames[link.source])).toBeLessThanOrEqual(
          result.frames[link.target].y,
        );
        const ys = result.paths[k].map((p) => p.y);
        expect(ys).toEqual([...ys].sort((a, b) => a - b));
      });
    }
  });

  it('joins what it should: edges begin and end at their boxes', () => {
    for (const { scene, result } of variants) {
      scene.links.forEach((link, k) => {
        const [s, t] = [result.frames[link.source], result.frames[link.target]];
        expect(result.paths[k][0]).toEqual({ x: s.x, y: bottom(s) });
        const end = result.paths[k].at(-1)!;
        expect(end.y).toBe(t.y);
        expect(Math.abs(end.x - t.x)).toBeLessThan(90);
      });
    }
  });

  it('leads no edge through a box that it only passes', () => {
    for (const { scene, result } of variants) {
      scene.links.forEach((link, k) => {
        const path = result.paths[k];
        for (let i = 1; i < path.length; i++) {
          const [a, b] = [path[i - 1], path[i]];
          if (a.x !== b.x) continue;
          scene.boxes.forEach((box, n) => {
            if (box.kind === 'open' || n === link.source || n === link.target) return;
            const f = result.frames[n];
            const inside =
              a.x > f.x - 80 && a.x < f.x + 80 && Math.min(b.y, bottom(f)) - Math.max(a.y, f.y) > 1;
            expect(
              inside,
              `${scene.boxes[link.source].name} to ${scene.boxes[link.target].name} through ${box.name}`,
            ).toBe(false);
          });
        }
      });
    }
  });

  it('is the same each time', () => {
    expect(lay(topology).result).toEqual(lay(topology).result);
  });
});

it('keeps a chain straight, through the rim of its group', () => {
  const { scene, result } = lay(mlp());
  scene.links.forEach((_, k) => expect(new Set(result.paths[k].map((p) => p.x)).size).toBe(1));
});

it('keeps the main path of a residual block straight and leads the skip around at the right', () => {
  const { scene, result } = lay(residual());
  const axis = new Set(
    scene.boxes.flatMap((b, i) => (b.kind === 'op' ? [result.frames[i].x] : [])),
  );
  expect(axis.size).toBe(1);
  const skip = scene.links.findIndex(
    (l) => scene.boxes[l.source].name === 'stem' && scene.boxes[l.target].name === 'add',
  );
  expect(Math.max(...result.paths[skip].map((p) => p.x)) - [...axis][0]).toBeGreaterThan(108);
});

it('lays out equal groups once', () => {
  const scene = sceneOf(deep(), new Map(), { budget: 60, compact: false });
  const opened = allOpen(scene);
  const apart = sceneOf(deep(), opened, { budget: 60, compact: false });
  for (const key of allOpen(apart).keys()) opened.set(key, true);
  const all = sceneOf(deep(), opened, { budget: 60, compact: false });
  layout(inputOf(all, WIDE));
  const before = { ...statistics };
  layout(inputOf(all, WIDE));
  expect(statistics.laidOut).toBe(before.laidOut);
  expect(statistics.reused - before.reused).toBe(
    all.boxes.filter((b) => b.kind === 'open').length + 1,
  );
  expect(all.boxes.filter((b) => b.kind === 'open').length).toBeGreaterThan(12);
});

/** A program at random: ops in nested groups that read any earlier values, also across groups. */
function random(seed: number): Topology {
  let state = seed * 2654435761 + 1;
  const pick = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const p = new Program(`random${seed}`);
  const values = [p.node('input', 'x', [4]), p.node('parameter', 'w', [4])];
  const body = (depth: number): void => {
    for (let n = 1 + pick(5); n > 0; n--) {
      if (depth < 3 && pick(3) === 0) {
        const kind = (['module', 'function', 'loop'] as const)[pick(3)];
        p.group({ kind, name: `g${p.groups.length}`, title: kind === 'module' ? 'M' : '' }, () =>
          body(depth + 1),
        );
      } else {
        const inputs = [values[pick(values.length)], values[pick(values.length)]];
        if (pick(6) === 0) inputs.push(p.node('input', `y${p.nodes.length}`, [4]));
        const line = 1 + pick(40);
        values.push(p.at(line, `line ${line}`, () => p.op('mul', inputs, [4])));
      }
    }
  };
  body(0);
  // Groups that are entered again make circles between boxes: they must be survived, too.
  if (seed % 3 === 0)
    for (const n of p.nodes) if (pick(5) === 0 && p.groups.length) n.group = pick(p.groups.length);
  return p.topology();
}

it.each(Array.from({ length: 60 }, (_, i) => i + 1))('a random program lies sound: %i', (seed) => {
  const topology = random(seed);
  let opened = new Map<string, boolean>();
  for (let round = 0; round < 3; round++) {
    const { scene, result } = lay(topology, round ? WIDE : COMPACT, opened);
    opened = new Map([...opened, ...allOpen(scene)]);
    expect(scene.links.every((l) => scene.boxes[l.source] && scene.boxes[l.target])).toBe(true);
    for (const f of result.frames)
      expect([f.x, f.y, f.left, f.right, f.height].every(Number.isFinite)).toBe(true);
    for (const path of result.paths)
      expect(path.every((q) => Number.isFinite(q.x + q.y))).toBe(true);
    expectApart(scene, result.frames);
    expectInside(scene, result.frames);
  }
});
