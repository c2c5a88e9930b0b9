import { describe, expect, it } from 'vitest';
import {
  boxOrder,
  Light,
  neighbourStop,
  phaseLength,
  playAt,
  routeOf,
  timesOf,
  type Phase,
  type Stop,
} from '../../src/flow/playback';
import {
  edgeWidth,
  gradientOf,
  normOf,
  plain,
  ratioText,
  Scale,
  scientific,
  shapeText,
} from '../../src/flow/scale';
import { sceneOf } from '../../src/graph/model';
import { mlp, numbersOf } from './build';

const scale = new Scale(
  (name) => `#${(Number(name.split('-').at(-1)) * 20).toString(16).padStart(2, '0').repeat(3)}`,
);

describe('the colour scale', () => {
  it.each([
    [-8, 'rgb(0 0 0)'],
    [-7.5, 'rgb(10 10 10)'],
    [0, 'rgb(160 160 160)'],
    [2, 'rgb(200 200 200)'],
    [-40, 'rgb(0 0 0)'],
    [9, 'rgb(200 200 200)'],
  ])('has one stop a decade and ends at its rims: %d', (level, colour) => {
    expect(scale.colour(level)).toBe(colour);
  });

  it('makes edges 1 to 8 pixels wide', () => {
    expect([1e-12, 1e-8, 1e-3, 1e2, 1e9, 0].map(edgeWidth)).toEqual([1, 1, 4.5, 8, 8, 1]);
  });
});

describe('readings', () => {
  const topology = mlp();
  const op = topology.nodes.findIndex((n) => n.kind === 'op');
  it.each([
    [2.24e-3, 'finite', '2.2e-3'],
    [0, 'zero', '0'],
    [Infinity, 'nonfinite', 'inf'],
    [-Infinity, 'nonfinite', 'NaN'],
    [NaN, 'none', 'none'],
  ])('%d', (rms, mark, text) => {
    const numbers = numbersOf(topology, () => rms);
    expect(gradientOf(numbers, op)).toMatchObject({ mark, text });
  });

  it('has the norm from rms and shape', () => {
    expect(normOf(topology.nodes[op], 0.5)).toBeCloseTo(0.5 * Math.sqrt(64 * 32));
  });
});

describe('numbers in words', () => {
  it.each([
    [1, '1.0'],
    [0.00224, '2.2e-3'],
    [12345, '1.2e4'],
    [0, '0'],
    [NaN, 'NaN'],
    [-Infinity, '-inf'],
  ])('%d', (value, text) => {
    expect(scientific(value)).toBe(text);
  });
  it.each([
    [0.0398, '0.040'],
    [2.294, '2.294'],
    [23.456, '23.46'],
    [123.4, '123.4'],
    [3.2e-6, '3.2e-6'],
    [Infinity, 'inf'],
  ])('loss %d', (value, text) => {
    expect(plain(value)).toBe(text);
  });
  it.each([
    [21_723, '21,700'],
    [1_234_567, '1,230,000'],
    [3e9, '3.0e9'],
  ])('ratio %d', (value, text) => {
    expect(ratioText(value)).toBe(text);
  });
  it.each([
    ['float32', [64, 32], 'f32[64, 32]'],
    ['int64', [64], 'i64[64]'],
    ['bool', [], 'bool[]'],
    ['torch.bfloat16', [2], 'bf16[2]'],
  ])('%s', (dtype, shape, text) => {
    expect(shapeText({ dtype, shape })).toBe(text);
  });
});

describe('the light', () => {
  const topology = mlp();
  const numbers = numbersOf(topology, () => 1e-3);
  const node = (name: string, nth = 0) =>
    topology.nodes.flatMap((n, i) => (n.name === name ? [i] : []))[nth];

  it('comes from the loss: lit, active, arriving, waiting', () => {
    const light = new Light(topology, numbers, { phase: 'backward', op: 3 });
    expect(['nll_loss', 'log_softmax'].map((n) => light.stand(node(n)))).toEqual(['lit', 'lit']);
    expect([2, 1, 0].map((i) => light.stand(node('linear', i)))).toEqual([
      'active',
      'waiting',
      'waiting',
    ]);
    expect([1, 0].map((i) => light.stand(node('relu', i)))).toEqual(['arriving', 'waiting']);
  });

  it('reaches a parameter with its reader', () => {
    const at = (op: number) =>
      new Light(topology, numbers, { phase: 'backward', op }).stand(node('fc3.weight'));
    expect([2, 3].map(at)).toEqual(['waiting', 'lit']);
  });

  it('shows the forward pass as it was made', () => {
    const light = new Light(topology, numbers, { phase: 'forward', op: 2 });
    expect([
      light.stand(node('linear', 0)),
      light.stand(node('relu', 0)),
      light.stand(node('linear', 1)),
    ]).toEqual(['made', 'made', 'unmade']);
  });

  it('knows how long the phases are', () => {
    expect(
      ['forward', 'backward', 'update', 'end'].map((p) =>
        phaseLength(topology, numbers, p as 'end'),
      ),
    ).toEqual([7, 7, 1, 0]);
    expect(new Light(topology, null, { phase: 'end', op: 0 }).stand(3)).toBe('made');
  });
});

describe('playing a step', () => {
  const topology = mlp();
  const numbers = numbersOf(topology, () => 1e-3);
  const scene = sceneOf(topology, new Map(), { budget: 60, compact: false });
  const { rank } = scene.structure;
  const route = routeOf(topology, numbers, scene.boxOf);
  const at = (phase: Phase) => route.filter((s) => s.phase === phase).map((s) => s.op);

  it('stops once in each box, forward and backward, then in the update', () => {
    expect(at('forward')).toEqual([1, 2, 3, 4, 5, 7]);
    expect(at('backward')).toEqual([2, 3, 4, 5, 6, 7]);
    expect(at('update')).toEqual([topology.parameters.length]);
    const still = { ...numbers, update: numbers.update.map(() => NaN) };
    expect(routeOf(topology, still, scene.boxOf).at(-1)!.phase).toBe('backward');
  });

  it('numbers boxes in the order of the light', () => {
    const order = boxOrder(numbers, scene.boxOf, rank);
    expect([...order].map(([b, n]) => `${n} ${scene.boxes[b].name}`)).toEqual([
      '1 cross_entropy',
      '2 fc3',
      '3 relu',
      '4 fc2',
      '5 relu',
      '6 fc1',
    ]);
  });

  it('stops shortly where a gradient is written into a parameter', () => {
    const weight = topology.nodes.findIndex((n) => n.name === 'fc3.weight');
    const written = { ...numbers, order: Int32Array.from([...numbers.order.slice(0, 3), weight]) };
    const back = routeOf(topology, written, scene.boxOf).filter((s) => s.phase === 'backward');
    expect(back.map((s) => s.op)).toEqual([2, 3, 4]);
    expect(back[2].hops).toBeLessThan(back[1].hops);
    const light = (op: number) => new Light(topology, written, { phase: 'backward', op });
    // Its colour comes with its reader, its tick when it is written.
    expect([2, 3, 4].map((op) => light(op).stand(weight))).toEqual(['waiting', 'lit', 'lit']);
    expect([2, 3, 4].map((op) => light(op).written(weight))).toEqual([false, false, true]);
    expect(light(4).active).toBe(-1);
  });

  it.each([
    [{ phase: 'forward', op: 0 }, 1, 'forward 1'],
    [{ phase: 'forward', op: 7 }, 1, 'backward 2'],
    [{ phase: 'backward', op: 2 }, -1, 'forward 7'],
    [{ phase: 'backward', op: 4 }, 1, 'backward 5'],
    [{ phase: 'update', op: 6 }, 1, 'none'],
    [{ phase: 'end', op: 0 }, -1, 'update 6'],
    [{ phase: 'forward', op: 0 }, -1, 'none'],
  ] as const)('from %j by %d is %s', (from, by, text) => {
    const stop = neighbourStop(route, from, by);
    expect(stop ? `${stop.phase} ${stop.op}` : 'none').toBe(text);
  });

  const hops = [1, 1, 0.5, 4].map((n): Stop => ({ phase: 'backward', op: 0, hops: n }));
  it.each([
    [0, { stop: 0, way: 0, done: false }],
    [70, { stop: 0, way: 0.5, done: false }],
    [299, { stop: 0, way: 1, done: false }],
    [370, { stop: 1, way: 0.5, done: false }],
    [635, { stop: 2, way: 0.5, done: false }],
    [3000, { stop: 3, way: 1, done: true }],
  ])('after %d ms', (elapsed, place) => {
    const { way, ...rest } = playAt(timesOf(hops, 140, 320), elapsed, 140, 320);
    expect({ ...rest, way: Math.round(way * 1000) / 1000 }).toEqual(place);
  });

  it('never takes more than some seconds', () => {
    const many = Array.from({ length: 5000 }, (): Stop => ({ phase: 'forward', op: 0, hops: 1 }));
    expect(timesOf(many, 140, 320).at(-1)).toBeCloseTo(12_000);
    expect(playAt(timesOf([], 140, 320), 0, 140, 320).done).toBe(true);
  });
});
