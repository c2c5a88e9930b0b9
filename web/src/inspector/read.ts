/** What the inspector reads out of a topology and its numbers. No DOM here. */

import { STATISTICS, type Node, type Numbers, type Topology } from '../protocol';

export type Statistic = (typeof STATISTICS)[number];
export type Statistics = Record<Statistic, number>;

/** Bits of `Numbers.present`. */
export const VALUE = 1;
export const GRADIENT = 2;
export const KEPT = 4;

export function statistics(table: Float32Array, node: number): Statistics {
  const at = node * STATISTICS.length;
  return Object.fromEntries(STATISTICS.map((name, i) => [name, table[at + i]])) as Statistics;
}

export function valueOf(numbers: Numbers | null, node: number): Statistics | null {
  return numbers && numbers.present[node] & VALUE ? statistics(numbers.values, node) : null;
}

export function gradientOf(numbers: Numbers | null, node: number): Statistics | null {
  return numbers && numbers.present[node] & GRADIENT ? statistics(numbers.gradients, node) : null;
}

export interface ParameterRow {
  key: string;
  name: string;
  shape: readonly number[];
  gradient: Statistics | null;
  /** norm(change) / norm(weight); NaN before an update. */
  update: number;
}

/** The parameters in the order of the program. */
export function parameterRows(topology: Topology, numbers: Numbers | null): ParameterRow[] {
  return topology.parameters.map((node, i) => ({
    key: topology.nodes[node].key,
    name: topology.nodes[node].name,
    shape: topology.nodes[node].shape,
    gradient: gradientOf(numbers, node),
    update: numbers ? numbers.update[i] : NaN,
  }));
}

/** What flows into and out of a node, each once, in program order. */
export function neighbours(
  topology: Topology,
  node: number,
): { inputs: Node[]; consumers: Node[] } {
  const inputs = new Set<number>();
  const consumers = new Set<number>();
  for (const edge of topology.edges) {
    if (edge.target === node) inputs.add(edge.source);
    if (edge.source === node) consumers.add(edge.target);
  }
  const nodes = (found: Set<number>) =>
    [...found].sort((a, b) => a - b).map((i) => topology.nodes[i]);
  return { inputs: nodes(inputs), consumers: nodes(consumers) };
}

/** Where a node was made: the innermost line, or 0. */
export function lineOf(node: Node): number {
  return node.frames.length ? node.frames[node.frames.length - 1].line : 0;
}

/** What the page calls a node: its module or variable, and its operation. */
export function titleOf(topology: Topology, node: Node): string {
  const group = node.group >= 0 ? topology.groups[node.group] : null;
  if (node.kind === 'op' && group?.kind === 'module' && isAlone(topology, node)) {
    return `${group.name} ${node.name}`;
  }
  return node.name;
}

function isAlone(topology: Topology, node: Node): boolean {
  return topology.nodes.every(
    (other) => other === node || other.kind !== 'op' || other.group !== node.group,
  );
}
