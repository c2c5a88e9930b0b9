/** The rows of the map: parameters or operations in forward order, grouped as the graph. No DOM here. */

import { structureOf } from '../graph/structure';
import type { Node, Topology } from '../protocol';

export type Subject = 'parameters' | 'operations';

export interface Row {
  /** The node's key, or that of the group; the same in every step. */
  key: string;
  kind: 'group' | 'leaf';
  /** What is said within the group: "weight", "1.fc". */
  label: string;
  /** What is said alone: "net.1.fc.weight". */
  name: string;
  depth: number;
  /** Keys of the nodes that it stands for; of a leaf one. */
  nodes: readonly string[];
}

export interface Branch extends Row {
  kind: 'group';
  children: (Branch | Row)[];
}

interface Item {
  key: string;
  path: { key: string; label: string }[];
  label: string;
}

/**
 * Everything that any of the graphs has: in the order of the first, and what only a later one has
 * stands behind what it follows there.
 */
export function treeOf(topologies: readonly Topology[], subject: Subject): Branch {
  const items = new Map<string, Item>();
  let order: string[] = [];
  for (const topology of topologies) {
    let before = -1;
    const added = new Map<number, string[]>();
    const place = new Map(order.map((key, index) => [key, index]));
    for (const item of itemsOf(topology, subject)) {
      const at = place.get(item.key);
      if (at !== undefined) before = at;
      else if (!items.has(item.key)) {
        items.set(item.key, item);
        added.set(before, [...(added.get(before) ?? []), item.key]);
      }
    }
    if (!added.size) continue;
    order = [
      ...(added.get(-1) ?? []),
      ...order.flatMap((key, i) => [key, ...(added.get(i) ?? [])]),
    ];
  }
  return grown(order.map((key) => items.get(key)!));
}

function itemsOf(topology: Topology, subject: Subject): Item[] {
  const structure = structureOf(topology);
  if (subject === 'operations') {
    const found: [number, Item][] = [];
    topology.nodes.forEach((node, index) => {
      if (node.kind === 'op' && node.requires_grad)
        found.push([structure.rank[index], operation(topology, node)]);
    });
    return found.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
  }
  const first = (node: number) =>
    structure.targets[node].reduce((least, t) => Math.min(least, structure.rank[t]), Infinity);
  return topology.parameters
    .map((node): [number, Item] => [first(node), parameter(topology.nodes[node])])
    .sort((a, b) => a[0] - b[0] || 0)
    .map(([, item]) => item);
}

/** A parameter is grouped by its dotted name, as its module says it. */
function parameter(node: Node): Item {
  const parts = node.name.split('.');
  const path = parts
    .slice(0, -1)
    .map((label, i) => ({ key: parts.slice(0, i + 1).join('.'), label }));
  return { key: node.key, path, label: parts.at(-1)! };
}

/** An operation is grouped as the graph groups it. */
function operation(topology: Topology, node: Node): Item {
  const path: Item['path'] = [];
  for (let at = node.group; at >= 0; at = topology.groups[at].parent) {
    const group = topology.groups[at];
    path.unshift({
      key: group.key,
      label: group.turn ? `${group.name} ${group.turn}` : group.name,
    });
  }
  return { key: node.key, path, label: node.target ? `${node.name} → ${node.target}` : node.name };
}

function grown(items: readonly Item[]): Branch {
  const root: Branch = branch('', '', []);
  const groups = new Map<string, Branch>([['', root]]);
  for (const item of items) {
    let parent = root;
    const names: string[] = [];
    for (const { key, label } of item.path) {
      names.push(label);
      let group = groups.get(key);
      if (!group) {
        group = branch(key, label, names);
        groups.set(key, group);
        parent.children.push(group);
      }
      parent = group;
    }
    const name = [...names, item.label].join('.');
    parent.children.push({ ...item, kind: 'leaf', name, depth: 0, nodes: [item.key] });
  }
  return settle(root, -1);
}

function branch(key: string, label: string, names: readonly string[]): Branch {
  const shown = { key: `group ${key}`, label, name: names.join('.') };
  return { ...shown, kind: 'group', depth: 0, nodes: [], children: [] };
}

/** Groups of one are one row with what they hold; depths and nodes are known from the leaves up. */
function settle(group: Branch, depth: number): Branch {
  const children = group.children.map((child): Branch | Row => {
    if (!isBranch(child)) return { ...child, depth: depth + 1 };
    let only: Branch | Row = child;
    const labels = [child.label];
    while (isBranch(only) && only.children.length === 1) {
      only = only.children[0];
      labels.push(only.label);
    }
    const label = labels.join('.');
    return isBranch(only)
      ? { ...settle(only, depth + 1), label }
      : { ...only, label, depth: depth + 1 };
  });
  return { ...group, depth, children, nodes: children.flatMap((child) => child.nodes) };
}

export function isBranch(row: Row): row is Branch {
  return 'children' in row;
}

/** The rows that are seen where `open` says which groups are. A group stands before its children. */
export function rowsOf(root: Branch, open: (group: Branch) => boolean): Row[] {
  const rows: Row[] = [];
  const visit = (group: Branch): void => {
    for (const child of group.children) {
      rows.push(child);
      if (isBranch(child) && open(child)) visit(child);
    }
  };
  visit(root);
  return rows;
}

/** How deep groups are opened at first, so that there are at most `most` rows. */
export function openDepth(root: Branch, most: number): number {
  const deepest = depthOf(root);
  for (let depth = deepest; depth > 0; depth--) {
    if (rowsOf(root, (group) => group.depth < depth).length <= most) return depth;
  }
  // One group around all says nothing closed.
  return root.children.length === 1 ? 1 : 0;
}

function depthOf(row: Row): number {
  return isBranch(row) ? Math.max(row.depth + 1, ...row.children.map(depthOf)) : row.depth;
}

/** The row that shows a node: itself, or the closed group that holds it. */
export function rowWith(rows: readonly Row[], node: string | null): number {
  if (node === null) return -1;
  let found = -1;
  rows.forEach((row, index) => {
    if (row.nodes.includes(node) && (found < 0 || row.nodes.length < rows[found].nodes.length))
      found = index;
  });
  return found;
}
