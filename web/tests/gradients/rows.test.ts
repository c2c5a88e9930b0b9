import { describe, expect, it } from 'vitest';
import { isBranch, openDepth, rowsOf, rowWith, treeOf, type Row } from '../../src/gradients/rows';
import { deep, mlp, Program } from '../graph/build';

const names = (rows: readonly Row[]) => rows.map((row) => row.name);
const all = () => true;

describe('the rows of parameters', () => {
  it('stand in forward order, grouped by their names', () => {
    const rows = rowsOf(treeOf([mlp()], 'parameters'), all);
    expect(names(rows)).toEqual(
      ['fc1', 'fc2', 'fc3'].flatMap((fc) => [fc, `${fc}.weight`, `${fc}.bias`]),
    );
    expect(rows.map((row) => [row.label, row.depth]).slice(0, 2)).toEqual([
      ['fc1', 0],
      ['weight', 1],
    ]);
  });

  it('are as the forward pass reads them, whatever the optimizer has first', () => {
    const topology = mlp();
    topology.parameters = [...topology.parameters].reverse();
    const rows = rowsOf(treeOf([topology], 'parameters'), all);
    expect(rows.filter((row) => row.kind === 'group').map((row) => row.name)).toEqual([
      'fc1',
      'fc2',
      'fc3',
    ]);
  });

  it('join a group of one with what it holds', () => {
    const rows = rowsOf(treeOf([deep(2)], 'parameters'), () => false);
    expect(rows.map((row) => row.label)).toEqual(['0', '1.fc', '2.fc', '3']);
    expect(rows[1].nodes.length).toBe(2);
  });

  it('are flat where names have no dots, and last where nothing reads them', () => {
    const p = new Program('raw');
    const unused = p.node('parameter', 'w0', [2]);
    const w = p.node('parameter', 'w1', [2]);
    p.op('mul', [w, w], [2]);
    const rows = rowsOf(treeOf([p.topology({ parameters: [unused, w] })], 'parameters'), all);
    expect(names(rows)).toEqual(['w1', 'w0']);
  });

  it('keep what only another graph has, behind what it follows there', () => {
    const short = new Program('short');
    const a = short.node('parameter', 'a', [2], { key: 'a' });
    const c = short.node('parameter', 'c', [2], { key: 'c' });
    short.op('mul', [short.op('exp', [a], [2]), c], [2]);
    const long = new Program('long');
    const [a2, b2, c2] = ['a', 'b', 'c'].map((key) => long.node('parameter', key, [2], { key }));
    long.op('mul', [long.op('mul', [long.op('exp', [a2], [2]), b2], [2]), c2], [2]);
    const rows = rowsOf(treeOf([short.topology(), long.topology()], 'parameters'), all);
    expect(names(rows)).toEqual(['a', 'b', 'c']);
  });
});

describe('the rows of operations', () => {
  it('are grouped as the graph, without what has no gradient', () => {
    const rows = rowsOf(treeOf([mlp()], 'operations'), all);
    expect(names(rows)).toContain('net.fc1.linear');
    expect(names(rows).at(-1)).toBe('cross_entropy.nll_loss → loss');
    expect(names(rows).some((name) => name.includes('x[i]'))).toBe(false);
  });

  it('tell the turns of a loop apart', () => {
    const p = new Program('loop');
    let h = p.node('parameter', 'h', [2]);
    for (const turn of [1, 2])
      h = p.group({ kind: 'loop', name: 'for t', turn }, () =>
        p.op('tanh', [p.op('exp', [h], [2])], [2]),
      );
    const rows = rowsOf(treeOf([p.topology()], 'operations'), () => false);
    expect(rows.map((row) => row.label)).toEqual(['for t 1', 'for t 2']);
  });
});

describe('folding', () => {
  it.each([
    [100, 1],
    [30, 0],
    [3, 0],
  ])('opens as deep as %d rows allow', (most, depth) => {
    expect(openDepth(treeOf([deep(12)], 'parameters'), most)).toBe(depth);
  });

  it('never closes the one group that is around all', () => {
    const p = new Program('one');
    for (let i = 0; i < 40; i++)
      p.linear(`fc${i}`, p.node('input', `x${i}`, [2, 2]), 2, 2, 2, 'net.');
    const tree = treeOf([p.topology()], 'parameters');
    const rows = rowsOf(tree, (group) => group.depth < openDepth(tree, 10));
    expect(rows.length).toBe(41);
    expect(isBranch(rows[0]) && rows[0].nodes.length).toBe(80);
  });

  it('finds the row of a node, or the closed group that holds it', () => {
    const topology = mlp();
    const tree = treeOf([topology], 'parameters');
    const key = topology.nodes.find((node) => node.name === 'fc2.bias')!.key;
    const [open, closed] = [rowsOf(tree, all), rowsOf(tree, () => false)];
    expect([open[rowWith(open, key)].name, closed[rowWith(closed, key)].name]).toEqual([
      'fc2.bias',
      'fc2',
    ]);
    expect([rowWith(open, null), rowWith(open, 'nobody')]).toEqual([-1, -1]);
  });
});
