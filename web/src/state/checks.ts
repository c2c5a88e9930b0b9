/**
 * Whether the parts of what a program sent fit each other. `protocol.ts` has checked each message
 * alone (fields, kinds, lengths); here are the numbers that point from one part into another.
 */

import { HISTOGRAM_BINS, STATISTICS, type Numbers, type Topology } from '../protocol';

const within = (index: number, length: number): boolean =>
  Number.isInteger(index) && index >= 0 && index < length;
const withinOrNone = (index: number, length: number): boolean =>
  index === -1 || within(index, length);

/** What is wrong with a topology, or null. */
export function topologyProblem(topology: Topology): string | null {
  const { nodes, edges, groups, losses, parameters } = topology;
  const keys = new Set<string>();
  for (const node of nodes) {
    if (!withinOrNone(node.group, groups.length)) return 'a node is in a group that is not there';
    if (keys.has(node.key)) return 'two nodes have one key';
    if (!withinOrNone(node.origin, nodes.length)) return 'a node comes from one that is not there';
    keys.add(node.key);
  }
  for (const edge of edges) {
    if (!within(edge.source, nodes.length) || !within(edge.target, nodes.length)) {
      return 'an edge ends at a node that is not there';
    }
  }
  for (let i = 0; i < groups.length; i++) {
    if (!withinOrNone(groups[i].parent, groups.length))
      return 'a group is in one that is not there';
    // Walks up with a bound rather than a set: a cycle is longer than there are groups.
    let up = groups[i].parent;
    for (let depth = 0; up !== -1; depth++) {
      if (depth > MAX_DEPTH || up === i) return 'groups are inside each other';
      up = groups[up].parent;
      if (!withinOrNone(up, groups.length)) return 'a group is in one that is not there';
    }
  }
  for (const index of losses) if (!within(index, nodes.length)) return 'a loss is not a node';
  for (const index of parameters)
    if (!within(index, nodes.length)) return 'a parameter is not a node';
  return null;
}

/** Groups nested deeper than this are refused. */
const MAX_DEPTH = 256;

/** What is wrong with the numbers of a step of `topology`, or null. */
export function numbersProblem(numbers: Numbers, topology: Topology): string | null {
  const count = topology.nodes.length;
  const lengths: [string, number, number][] = [
    ['values', numbers.values.length, count * STATISTICS.length],
    ['gradients', numbers.gradients.length, count * STATISTICS.length],
    ['present', numbers.present.length, count],
    ['update', numbers.update.length, topology.parameters.length],
    ['losses', numbers.losses.length, topology.losses.length],
    ['times', numbers.times.length, 3],
  ];
  for (const [name, length, expected] of lengths) {
    if (length !== expected)
      return `${name} has ${length} entries where the graph needs ${expected}`;
  }
  const { histograms, seconds } = numbers;
  if (histograms.length && histograms.length !== count * 2 * HISTOGRAM_BINS)
    return 'histograms do not fit the graph';
  if (seconds.length && seconds.length !== count * 2) return 'seconds do not fit the graph';
  if (numbers.order.length > 4 * count) return 'order is longer than the graph';
  for (const index of numbers.order)
    if (!within(index, count)) return 'order names a node that is not there';
  return null;
}

/** Bytes that the arrays of a step take. */
export function numbersBytes(numbers: Numbers): number {
  const { values, gradients, present, order, update, losses, times, histograms, seconds } = numbers;
  return [values, gradients, present, order, update, losses, times, histograms, seconds].reduce(
    (sum, array) => sum + array.byteLength,
    256,
  );
}
