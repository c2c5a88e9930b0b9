import { describe, expect, it } from 'vitest';
import { BUDGET, sceneOf, type Box, type Scene } from '../../src/graph/model';
import { structureOf } from '../../src/graph/structure';
import { attention, deep, flat, huge, mlp, Program, raw, residual } from './build';

const scene = (
  topology: Parameters<typeof sceneOf>[0],
  opened: [string, boolean][] = [],
  compact = false,
  budget = BUDGET,
): Scene => sceneOf(topology, new Map(opened), { budget, compact });
const named = (s: Scene, name: string): Box => s.boxes.find((b) => b.name === name)!;
const flow = (s: Scene): string[] =>
  s.links.map((l) => `${s.boxes[l.source].name}>${s.boxes[l.target].name}`);

describe('a scene of an MLP', () => {
  it('shows modules by their names and the engine function as one box', () => {
    const s = scene(mlp());
    expect(s.boxes.map((b) => [b.kind, b.name, b.type, b.line])).toEqual([
      ['input', 'x[i]', '', 26],
      ['open', 'net', 'Net', 26],
      ['op', 'fc1', 'Linear', 17],
      ['op', 'relu', '', 17],
      ['op', 'fc2', 'Linear', 18],
      ['op', 'relu', '', 18],
      ['op', 'fc3', 'Linear', 19],
      ['closed', 'cross_entropy', '', 26],
      ['loss', 'loss', '', 26],
    ]);
    expect(flow(s)).toEqual([
      'fc1>relu',
      'relu>fc2',
      'fc2>relu',
      'relu>fc3',
      'fc3>cross_entropy',
      'x[i]>fc1',
      'cross_entropy>loss',
    ]);
  });

  it('puts parameters on their reader and the target beside the loss', () => {
    const s = scene(mlp());
    expect(named(s, 'fc1').chips.map((c) => [c.name, c.shape])).toEqual([
      ['weight', '32×64'],
      ['bias', '32'],
    ]);
    expect(named(s, 'cross_entropy').side?.name).toBe('y[i]');
    expect(named(scene(mlp(), [], true), 'cross_entropy').chips.map((c) => c.name)).toEqual([
      'y[i]',
    ]);
  });

  it('finds every node in some box', () => {
    const s = scene(mlp());
    expect([...s.boxOf].every((b) => b >= 0 && b < s.boxes.length)).toBe(true);
  });

  it('opens the engine function when asked, and closes the net to a strip', () => {
    const t = mlp();
    const key = named(scene(t), 'cross_entropy').toggle;
    const opened = scene(t, [[key, true]]);
    expect(opened.boxes.map((b) => b.name)).toContain('nll_loss');
    expect(flow(opened)).toContain('log_softmax>nll_loss');
    const closed = scene(t, [[named(scene(t), 'net').toggle, false]]);
    const net = named(closed, 'net');
    expect([net.kind, net.cells.length, net.ops]).toEqual(['closed', 5, 5]);
    expect(net.chips.map((c) => c.name)).toEqual(['6 params']);
    expect(flow(closed)).toEqual(['net>cross_entropy', 'x[i]>net', 'cross_entropy>loss']);
  });

  it('selects a closed group by the node whose value leaves it', () => {
    const t = mlp();
    const s = scene(t);
    expect(named(s, 'cross_entropy').select).toBe(t.nodes.find((n) => n.name === 'nll_loss')!.key);
  });
});

describe('equal blocks', () => {
  it('are one stack with a cell for each, in the direction of flow', () => {
    const s = scene(deep());
    const stack = named(s, 'Block');
    expect([stack.kind, stack.type, stack.cells.length, stack.rows]).toEqual([
      'stack',
      '×12, sigmoid',
      12,
      true,
    ]);
    expect(stack.labels).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    expect(flow(s)).toContain('Block>13');
  });

  it('side by side stay apart while they are few', () => {
    const s = scene(attention());
    expect(['q', 'k', 'v'].map((name) => named(s, name)?.type)).toEqual([
      'Linear',
      'Linear',
      'Linear',
    ]);
    expect(flow(s)).toEqual(
      expect.arrayContaining(['q>matmul', 'k>matmul', 'v>matmul', 'embed>add']),
    );
  });

  it('come apart into closed groups', () => {
    const t = deep();
    const key = named(scene(t), 'Block').toggle;
    const s = scene(t, [[key, true]]);
    expect(s.boxes.filter((b) => b.type === 'Block').map((b) => b.kind)).toEqual(
      Array(12).fill('closed'),
    );
    expect(flow(s)).toContain('11>12');
  });
});

describe('what is open at first', () => {
  it.each([
    ['10,000 ops in groups', huge()],
    ['10,000 ops in no group', flat(10_000)],
    ['a deep net', deep(200)],
  ])('stays within the budget: %s', (_, topology) => {
    expect(scene(topology).boxes.length).toBeLessThanOrEqual(BUDGET + 2);
  });

  it('keeps every op reachable behind the closed parts', () => {
    const topology = flat(10_000);
    const s = scene(topology);
    const total = s.boxes.filter((b) => b.kind === 'closed').reduce((n, b) => n + b.ops, 0);
    expect(total).toBe(10_000);
    expect(structureOf(topology).units.every((u) => u.items.length <= 80)).toBe(true);
  });
});

describe('what the user opens', () => {
  it('closes nothing else, and what it holds is closed', () => {
    const topology = huge(12, 8, 6);
    const first = scene(topology);
    for (const box of first.boxes.filter((b) => b.kind === 'stack' || b.kind === 'closed')) {
      const then = scene(topology, [[box.toggle, true]]);
      const gone = first.boxes.filter(
        (b) => b !== box && !then.boxes.some((c) => c.key === b.key && c.kind === b.kind),
      );
      expect(gone.map((b) => b.name)).toEqual([]);
      const inside = then.boxes.filter((b) => then.boxes[b.parent]?.key === box.key);
      expect(inside.length).toBeGreaterThan(1);
      expect(inside.every((b) => b.kind !== 'open')).toBe(true);
    }
  });

  it('treats equal siblings alike at first', () => {
    const kinds = new Set(
      scene(huge(40, 4, 4))
        .boxes.filter((b) => b.type === 'Stage')
        .map((b) => b.kind),
    );
    expect([...kinds]).toEqual(['closed']);
  });
});

describe('ordinary tensor code', () => {
  it('has no groups, and constants and parameters as chips', () => {
    const s = scene(raw());
    expect(s.boxes.map((b) => b.name)).toEqual([
      'x',
      'matmul',
      'add',
      'tanh',
      'matmul',
      'add',
      'sub',
      'pow',
      'mean',
      'loss',
    ]);
    expect(named(s, 'pow').chips[0]).toMatchObject({ name: '2', shape: 'scalar', dotted: true });
    expect(named(s, 'sub').side?.name).toBe('y');
  });

  it('draws a skip connection as an edge', () => {
    expect(flow(scene(residual())).filter((f) => f.endsWith('>add'))).toEqual([
      'stem>add',
      'fc2>add',
      'add>add',
      'fc2>add',
    ]);
  });

  it('keeps a function of the user open and its name', () => {
    const p = new Program('f');
    const x = p.node('parameter', 'w', [2]);
    p.at(9, 'f(w)', () =>
      p.group({ kind: 'function', name: 'f' }, () => {
        const a = p.at(3, 'a = w * w', () => p.op('mul', [x, x], [2]), 'f');
        p.at(4, 'return a.sum()', () => p.op('sum', [a], []), 'f');
      }),
    );
    expect(scene(p.topology()).boxes.map((b) => [b.kind, b.name])).toEqual([
      ['open', 'f'],
      ['op', 'mul'],
      ['op', 'sum'],
    ]);
  });
});

it('survives a topology whose indices point nowhere', () => {
  const t = mlp();
  const broken = {
    ...t,
    edges: [...t.edges, { source: 999, target: 1, slot: 0 }, { source: 2, target: -4, slot: 0 }],
    groups: t.groups.map((g, i) => ({ ...g, parent: i === 0 ? 3 : g.parent })),
    losses: [500, ...t.losses],
  };
  expect(scene(broken).boxes.length).toBe(9);
});
