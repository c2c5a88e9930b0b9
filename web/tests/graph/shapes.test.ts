import { describe, expect, it } from 'vitest';
import type { Topology } from '../../src/protocol';
import { choicesOf } from '../../src/graph/changes';
import { layout } from '../../src/graph/layout';
import { inputOf } from '../../src/graph/layouter';
import { WIDE } from '../../src/graph/metrics';
import { sceneOf } from '../../src/graph/model';
import { differenceOf, lift, Shapes } from '../../src/graph/shapes';
import { numbersOf, mlp, Program } from './build';

/** A net that goes one way or the other between two layers. */
function branching(way: 'relu' | 'tanh' | 'both', hash: string = way): Topology {
  const p = new Program(hash);
  const keyed = (name: string, inputs: number[]) => p.op(name, inputs, [16, 8], { key: name });
  const x = p.node('input', 'x', [16, 4], { key: 'x' });
  const w = p.node('parameter', 'w', [8, 4], { key: 'w' });
  p.group({ kind: 'module', name: 'net', title: 'Net', key: 'net' }, () => {
    let h = keyed('linear', [x, w]);
    if (way !== 'tanh') h = keyed('relu', [h]);
    if (way !== 'relu') h = keyed('mul', [keyed('tanh', [h])]);
    keyed('out', [h]);
  });
  p.losses.push(keyed('mean', [p.nodes.length - 1]));
  return p.topology();
}

const [a, b] = [branching('relu'), branching('tanh')];
const options = { budget: 60, compact: false };

function framesOf(shapes: Shapes, topology: Topology): Map<string, unknown> {
  const scene = sceneOf(shapes.of(topology), new Map(), options);
  const { frames } = layout(inputOf(scene, WIDE));
  return new Map(scene.boxes.map((box, i) => [box.key, frames[i]]));
}

describe('graphs of a run that are alike', () => {
  const shapes = new Shapes();
  shapes.take([a, b]);

  it('have one picture: no box moves from one to the other', () => {
    const steps = [a, b, a, a, b].map((topology) => framesOf(shapes, topology));
    for (const frames of steps) expect(frames).toEqual(steps[0]);
    expect([...steps[0].keys()]).toEqual(expect.arrayContaining(['relu', 'tanh', 'mul']));
  });

  it.each([
    [a, ['mul', 'tanh']],
    [b, ['relu']],
  ])('show what a step lacks as ghosts', (topology, missing) => {
    const shape = shapes.of(topology);
    const names = [...shape.ghosts!].map((i) => shape.topology.nodes[i].name).sort();
    expect(names).toEqual(missing);
    const scene = sceneOf(shape, new Map(), options);
    expect(
      scene.boxes
        .filter((box) => box.ghost)
        .map((box) => box.name)
        .sort(),
    ).toEqual(missing);
  });

  it('mark an edge that a step lacks between boxes that it has', () => {
    const c = branching('both');
    const three = new Shapes();
    three.take([a, b, c]);
    const scene = sceneOf(three.of(c), new Map(), options);
    const ghost = (from: string, to: string) =>
      scene.links.find(
        (l) => scene.boxes[l.source].name === from && scene.boxes[l.target].name === to,
      )!.ghost;
    expect(ghost('relu', 'tanh')).toBe(false);
    expect(ghost('linear', 'tanh')).toBe(true);
  });

  it('keep the details of each step', () => {
    const small = branching('relu', 'small');
    small.nodes = small.nodes.map((n) => ({ ...n, shape: n.kind === 'op' ? [3, 8] : n.shape }));
    const sizes = new Shapes();
    sizes.take([a, small]);
    const shapeOf = (t: Topology) => {
      const { topology } = sizes.of(t);
      return topology.nodes.find((n) => n.name === 'relu')!.shape;
    };
    expect([shapeOf(a), shapeOf(small)]).toEqual([
      [16, 8],
      [3, 8],
    ]);
  });

  it('count the operations that a step has', () => {
    const shape = shapes.of(b);
    const ranks = [...shape.rank].filter((rank) => rank >= 0);
    expect(ranks.sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4]);
    const { topology } = shape;
    expect(
      topology.nodes.map((n, i) => (shape.rank[i] >= 0 ? n.name : '')).filter(Boolean),
    ).toEqual(['linear', 'tanh', 'mul', 'out', 'mean']);
  });

  it('have the numbers of a step at their own nodes', () => {
    const numbers = numbersOf(b, (_, i) => i + 1);
    const shape = shapes.of(b);
    const lifted = lift(numbers, b, shape);
    b.nodes.forEach((n, i) => {
      const at = shape.topology.nodes.findIndex((other) => other.key === n.key);
      expect(lifted.gradients[at * 6]).toEqual(numbers.gradients[i * 6]);
    });
    const relu = shape.topology.nodes.findIndex((n) => n.name === 'relu');
    expect(lifted.present[relu]).toBe(0);
    const order = (of: typeof numbers, t: Topology) => [...of.order].map((i) => t.nodes[i].key);
    expect(order(lifted, shape.topology)).toEqual(order(numbers, b));
    expect([...lifted.losses]).toEqual([...numbers.losses]);
  });

  it('say what each has that the other has not', () => {
    const difference = differenceOf(shapes.of(b), shapes.of(a))!;
    const { nodes } = shapes.of(b).topology;
    const names = (set: ReadonlySet<number>) => [...set].map((i) => nodes[i].name).sort();
    expect([names(difference.added), names(difference.removed)]).toEqual([
      ['mul', 'tanh'],
      ['relu'],
    ]);
    const graphs = [
      { letter: 'A', topology: a },
      { letter: 'B', topology: b },
    ];
    expect(choicesOf(graphs, shapes, shapes.of(b))).toEqual([
      { hash: 'relu', letter: 'A', step: 1, text: '+1 −2 ops' },
    ]);
  });

  it('are one more picture where they share little', () => {
    const two = new Shapes();
    const other = mlp();
    two.take([a, other]);
    expect(two.of(other).topology).toBe(other);
    expect(two.of(a).ghosts).toBeNull();
    expect(differenceOf(two.of(a), two.of(other))).toBeNull();
  });

  it('are laid out anew only when a new one has something new', () => {
    const growing = new Shapes();
    growing.take([a]);
    const alone = growing.of(a);
    growing.take([a, branching('relu', 'again')]);
    expect(growing.of(a)).toBe(alone);
    growing.take([a, branching('relu', 'again'), b]);
    expect(growing.of(a).whole).not.toBe(alone.whole);
  });
});

it('a step that failed has what it did not reach as ghosts', () => {
  const topology = mlp();
  const part: Topology = {
    ...topology,
    hash: 'part',
    complete: false,
    losses: [],
    nodes: topology.nodes.slice(0, 6),
    edges: topology.edges.filter((e) => e.source < 6 && e.target < 6),
  };
  const shapes = new Shapes();
  shapes.take([topology, part]);
  const shape = shapes.of(part);
  expect([...shape.ghosts!].map((i) => shape.topology.nodes[i].name)).toEqual([
    'linear',
    'relu',
    'linear',
    'log_softmax',
    'nll_loss',
  ]);
  expect(shape.topology.complete).toBe(false);
});
