// What a topology is made of, before anything is opened or closed: groups as nested units in
// program order, which op stands for a unit, and which units are the engine's own. Built once for
// each topology. Indices that point nowhere are dropped: a topology comes from user code.

import type { Group, Topology } from '../protocol';

/** A child of a unit: a node's number, or `~n` for unit n. */
export type Item = number;

export interface Unit {
  key: string;
  kind: Group['kind'] | 'root' | 'part';
  name: string;
  title: string;
  line: number;
  parent: number;
  fold: string;
  /** Which turn of its loop this is, from 1; 0 where it is none. */
  turn: number;
  items: Item[];
  /** Ops inside, at any depth. */
  size: number;
  /** The op whose result leaves the unit (its last one that is used outside), -1 for none. */
  output: number;
  /** One expression of the user's made every op in it: shown as one box until it is opened. */
  engine: boolean;
}

export interface Structure {
  units: Unit[];
  /** The unit that a node lies in. */
  unitOf: Int32Array;
  /** Producers and consumers of each node, in the order of the edges. */
  sources: number[][];
  targets: number[][];
  /** Place of an op in program order, -1 for what is no op. */
  rank: Int32Array;
  ops: number;
}

/** More children than this are cut into parts, so that no picture and no layout grows without end. */
const LONGEST = 80;
const PART = 40;

const made = new WeakMap<Topology, Structure>();

export function structureOf(topology: Topology): Structure {
  let structure = made.get(topology);
  if (!structure) made.set(topology, (structure = build(topology)));
  return structure;
}

/** `topology` is made of what `whole` is made of: the same groups and edges, other nodes' details. */
export function shareStructure(topology: Topology, whole: Topology): void {
  made.set(topology, structureOf(whole));
}

/** Whether any operation reads a node. */
export function isRead(topology: Topology, node: number): boolean {
  return structureOf(topology).targets[node].length > 0;
}

/** The line of the user's code that made a node, 0 where it is unknown. */
export function lineOf(topology: Topology, node: number): number {
  return topology.nodes[node]?.frames.at(-1)?.line ?? 0;
}

function build(topology: Topology): Structure {
  const { nodes, groups } = topology;
  const units: Unit[] = [unit('', 'root', '', '', 0, -1, '')];
  groups.forEach((g, i) => {
    // Parents come first; anything else would be a circle.
    const parent = g.parent >= 0 && g.parent < i ? g.parent + 1 : 0;
    units.push({ ...unit(g.key, g.kind, g.name, g.title, g.line, parent, g.fold), turn: g.turn });
  });
  const valid = (i: number) => i >= 0 && i < nodes.length;
  const sources: number[][] = nodes.map(() => []);
  const targets: number[][] = nodes.map(() => []);
  for (const e of topology.edges) {
    if (!valid(e.source) || !valid(e.target) || e.source === e.target) continue;
    targets[e.source].push(e.target);
    sources[e.target].push(e.source);
  }

  const rank = new Int32Array(nodes.length).fill(-1);
  const unitOf = new Int32Array(nodes.length);
  let ops = 0;
  nodes.forEach((n, i) => {
    if (n.kind === 'op') rank[i] = ops++;
    unitOf[i] = n.group >= 0 && n.group < groups.length ? n.group + 1 : 0;
  });

  // Program order: a unit stands where its first op stands, an input just before its first use.
  const first = new Float64Array(units.length).fill(Infinity);
  for (let i = 0; i < nodes.length; i++) {
    if (rank[i] < 0) continue;
    for (let u = unitOf[i]; u >= 0; u = units[u].parent) {
      units[u].size++;
      first[u] = Math.min(first[u], i);
    }
  }
  markEngine(topology, units, unitOf, rank);

  const entries: [number, number, Item][][] = units.map(() => []);
  for (let i = 0; i < nodes.length; i++) {
    const kind = nodes[i].kind;
    if (kind === 'op') entries[unitOf[i]].push([i, 1, i]);
    else if (kind === 'input' && targets[i].length) {
      unitOf[i] = inputUnit(units, unitOf, targets[i]);
      entries[unitOf[i]].push([Math.min(...targets[i]), 0, i]);
    }
  }
  for (let u = 1; u < units.length; u++) {
    if (units[u].size) entries[units[u].parent].push([first[u], 1, ~u]);
  }
  entries.forEach((list, u) => {
    list.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    units[u].items = list.map((entry) => entry[2]);
  });
  for (let u = units.length - 1; u >= 0; u--) cut(topology, units, unitOf, u);
  const structure = { units, unitOf, sources, targets, rank, ops };
  findOutputs(structure);
  return structure;
}

function unit(
  key: string,
  kind: Unit['kind'],
  name: string,
  title: string,
  line: number,
  parent: number,
  fold: string,
): Unit {
  return {
    key,
    kind,
    name,
    title,
    line,
    parent,
    fold,
    turn: 0,
    items: [],
    size: 0,
    output: -1,
    engine: false,
  };
}

/** A unit is the engine's where all its ops come from one expression and it holds no module. */
function markEngine(topology: Topology, units: Unit[], unitOf: Int32Array, rank: Int32Array): void {
  const place: (string | null)[] = units.map(() => null);
  const mixed = new Uint8Array(units.length);
  topology.nodes.forEach((n, i) => {
    if (rank[i] < 0) return;
    const f = n.frames.at(-1);
    const here = f ? `${f.function}:${f.line}:${f.column}:${f.end_line}:${f.end_column}` : '';
    for (let u = unitOf[i]; u > 0; u = units[u].parent) {
      if (!here || (place[u] !== null && place[u] !== here)) mixed[u] = 1;
      place[u] = here;
      // A function of the user's shows its own name in the frames of its ops.
      const own = units[u];
      if (
        own.kind === 'function' &&
        n.frames.some((g) => g.function.split('.').at(-1) === own.name)
      )
        mixed[u] = 1;
    }
  });
  for (let u = units.length - 1; u > 0; u--) {
    const { kind, parent } = units[u];
    if (kind === 'module') for (let p = parent; p > 0; p = units[p].parent) mixed[p] = 1;
    units[u].engine = kind !== 'loop' && !mixed[u] && units[u].size > 1;
  }
}

/** Where an input is drawn: around everything that reads it, and outside of modules. */
function inputUnit(units: Unit[], unitOf: Int32Array, readers: number[]): number {
  const path = (u: number) => {
    const up = [u];
    while (units[u].parent >= 0) up.push((u = units[u].parent));
    return up;
  };
  let common = path(unitOf[readers[0]]);
  for (const reader of readers.slice(1)) {
    const other = new Set(path(unitOf[reader]));
    common = common.filter((u) => other.has(u));
  }
  let u = common[0];
  while (u > 0 && (units[u].kind === 'module' || units[u].engine)) u = units[u].parent;
  return u;
}

/** Cut a unit with too many children into parts of equal length. */
function cut(topology: Topology, units: Unit[], unitOf: Int32Array, u: number): void {
  const { items } = units[u];
  if (items.length <= LONGEST || isFolded(units, items)) return;
  const count = Math.min(PART, Math.ceil(items.length / PART));
  const length = Math.ceil(items.length / count);
  const parts: Item[] = [];
  for (let at = 0; at < items.length; at += length) {
    const slice = items.slice(at, at + length);
    const lines = slice
      .map((item) => (item >= 0 ? lineOf(topology, item) : units[~item].line))
      .filter(Boolean);
    const made = units.length;
    const name = `ops ${at + 1} to ${at + slice.length}`;
    const part = unit(
      `${units[u].key}#${at}`,
      'part',
      name,
      '',
      Math.min(...lines, Infinity),
      u,
      '',
    );
    if (!Number.isFinite(part.line)) part.line = 0;
    part.items = slice;
    for (const item of slice) {
      if (item >= 0) {
        unitOf[item] = made;
        if (topology.nodes[item].kind === 'op') part.size++;
      } else {
        units[~item].parent = made;
        part.size += units[~item].size;
      }
    }
    units.push(part);
    parts.push(~made);
    cut(topology, units, unitOf, made);
  }
  units[u].items = parts;
}

/** Nearly all children are equal blocks in a row: a stack keeps them short already. */
function isFolded(units: Unit[], items: Item[]): boolean {
  let runs = 0;
  let before = '';
  for (const item of items) {
    const u = item < 0 ? units[~item] : null;
    const fold = u?.kind === 'loop' ? `loop ${u.line}` : (u?.fold ?? '');
    if (!fold || fold !== before) runs++;
    before = fold;
  }
  return runs <= PART;
}

function findOutputs({ units, unitOf, targets, rank }: Structure): void {
  const within = (node: number, u: number) => {
    for (let p = unitOf[node]; p >= 0; p = units[p].parent) if (p === u) return true;
    return false;
  };
  const last = new Int32Array(units.length).fill(-1);
  for (let i = 0; i < rank.length; i++) {
    if (rank[i] < 0) continue;
    for (let u = unitOf[i]; u > 0; u = units[u].parent) {
      last[u] = i;
      if (targets[i].some((t) => !within(t, u))) units[u].output = i;
    }
  }
  units.forEach((u, i) => {
    if (u.output < 0) u.output = last[i];
  });
}
