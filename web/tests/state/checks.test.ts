import { describe, expect, it } from 'vitest';
import type { Group, Numbers, Topology } from '../../src/protocol';
import { numbersProblem, topologyProblem } from '../../src/state/checks';
import { node, numbers, topology } from './events';

const group = (parent: number): Group => ({
  key: `g${parent}`,
  kind: 'module',
  name: '',
  title: '',
  parent,
  line: 1,
  fold: '',
  turn: 0,
});

describe('what a program sends is checked against itself', () => {
  it('accepts what fits', () => {
    expect(topologyProblem(topology())).toBeNull();
    expect(topologyProblem(topology('a', { groups: [group(-1), group(0), group(1)] }))).toBeNull();
    expect(numbersProblem(numbers(1), topology())).toBeNull();
  });

  it.each<[string, Partial<Topology>]>([
    [
      'a node in no group',
      { nodes: [node('x', { group: 0 })], edges: [], losses: [], parameters: [] },
    ],
    ['one key twice', { nodes: [node('x'), node('x')], edges: [], losses: [], parameters: [] }],
    ['an edge to nowhere', { edges: [{ source: 0, target: 4, slot: 0 }] }],
    ['an edge from nowhere', { edges: [{ source: -1, target: 0, slot: 0 }] }],
    ['half an index', { edges: [{ source: 0.5, target: 0, slot: 0 }] }],
    ['a group in one that is not there', { groups: [group(7)] }],
    ['a group in itself', { groups: [group(0)] }],
    ['groups in a ring', { groups: [group(1), group(0)] }],
    ['a ring above a group', { groups: [group(1), group(2), group(1)] }],
    ['a loss that is no node', { losses: [4] }],
    ['a parameter that is no node', { parameters: [-1] }],
  ])('refuses %s', (_, given) => expect(topologyProblem(topology('a', given))).toBeTruthy());

  it.each<[keyof Numbers, Partial<Numbers>]>([
    ['values', { values: new Float32Array(23) }],
    ['gradients', { gradients: new Float32Array(25) }],
    ['present', { present: new Uint8Array(3) }],
    ['update', { update: new Float32Array(2) }],
    ['losses', { losses: new Float64Array(0) }],
    ['times', { times: new Float32Array(2) }],
    ['order', { order: Int32Array.of(4) }],
    ['order', { order: new Int32Array(17) }],
  ])('refuses numbers whose %s do not fit the graph', (name, given) =>
    expect(numbersProblem(numbers(1, 'a', given), topology())).toContain(name),
  );
});
