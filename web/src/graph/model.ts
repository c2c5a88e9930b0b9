// What is on the stage: the boxes of a topology for the groups that are open now. Parameters and
// constants sit on their reader as chips, an input with one reader beside it, equal blocks in a row
// are one stack, and each backward() call is a lamp below the value it starts from.

import type { Node, Topology } from '../protocol';
import { lineOf, structureOf, type Item, type Structure, type Unit } from './structure';

/** A small label at the side of a box: parameters, constants and inputs that only it reads. */
export interface Chip {
  key: string;
  name: string;
  shape: string;
  nodes: number[];
  /** No gradient can flow into it. */
  dotted: boolean;
}

export interface Box {
  key: string;
  kind: 'op' | 'input' | 'loss' | 'closed' | 'stack' | 'open';
  name: string;
  type: string;
  line: number;
  /** The node whose value leaves the box, -1 for none. */
  node: number;
  /** The key that a selection of this box carries: a node's where it has one. */
  select: string;
  /** What Enter opens or closes, empty where nothing can. */
  toggle: string;
  /** Index of the open group around it, -1 at top level. */
  parent: number;
  depth: number;
  chips: Chip[];
  side: Chip | null;
  /** Nodes shown as a strip of gradient cells, with a label each. */
  cells: number[];
  labels: string[];
  /** The strip runs in the direction of flow, a row for each block. */
  rows: boolean;
  ops: number;
  ghost: boolean;
}

export interface Link {
  source: number;
  target: number;
  /** The values that flow here, each once. */
  nodes: number[];
}

export interface Scene {
  topology: Topology;
  structure: Structure;
  boxes: Box[];
  links: Link[];
  /** The box that shows a node: its own, the closed one around it, or its reader's for a chip. */
  boxOf: Int32Array;
  /** What distinguishes this scene's layout from another's. */
  id: string;
}

/** Overrides of what is open at first, by `Box.toggle`. */
export type Opened = ReadonlyMap<string, boolean>;

export interface SceneOptions {
  /** Open groups until about this many boxes are on the stage. */
  budget: number;
  /** Inputs that one box reads go into its column of chips, not to its right. */
  compact: boolean;
  /** Nodes that this step has not reached. */
  ghosts?: ReadonlySet<number> | null;
}

export const BUDGET = 60;
/** Equal groups in a row that become a stack: one after the other, or side by side (q, k and v do not). */
const STACK = 3;
const ABREAST = 6;
const STRIP = 24;
const CHIPS = 3;
const WIDE_READ = 6;

interface Entry {
  unit: number;
  stack: number[] | null;
  node: number;
}

export function sceneOf(topology: Topology, opened: Opened, options: SceneOptions): Scene {
  const structure = structureOf(topology);
  const plan = openPlan(structure, opened, options.budget);
  const { units } = structure;
  const { nodes } = topology;
  const boxes: Box[] = [];
  const boxOf = new Int32Array(nodes.length).fill(-1);
  const ghosts = options.ghosts;

  const add = (
    box: Partial<Box> & Pick<Box, 'key' | 'kind' | 'name' | 'parent' | 'depth'>,
  ): number => {
    boxes.push({
      type: '',
      line: 0,
      node: -1,
      select: box.key,
      toggle: '',
      chips: [],
      side: null,
      cells: [],
      labels: [],
      rows: false,
      ops: 1,
      ghost: false,
      ...box,
    });
    return boxes.length - 1;
  };
  const emit = (entries: Entry[], parent: number, depth: number): void => {
    for (const { unit, stack, node } of entries) {
      if (node >= 0) {
        const n = nodes[node];
        boxOf[node] = add({
          key: n.key,
          kind: n.kind === 'input' ? 'input' : 'op',
          name: n.name,
          parent,
          depth,
          node,
          line: lineOf(topology, node),
          ghost: ghosts?.has(node) ?? false,
        });
        continue;
      }
      if (stack) {
        const toggle = stackKey(structure, stack);
        const last = units[stack.at(-1)!];
        if (plan.open(toggle)) {
          const index = add({
            key: toggle,
            kind: 'open',
            name: nameOfAll(last),
            type: `×${stack.length}`,
            parent,
            depth,
            toggle,
            node: last.output,
            ops: stack.reduce((sum, u) => sum + units[u].size, 0),
          });
          emit(
            stack.map((unit) => ({ unit, stack: null, node: -1 })),
            index,
            depth + 1,
          );
          continue;
        }
        const inner = nodes[last.output];
        const index = add({
          key: toggle,
          kind: 'stack',
          name: nameOfAll(last),
          parent,
          depth,
          toggle,
          node: last.output,
          type: `×${stack.length}` + (last.size > 1 && inner ? `, ${inner.name}` : ''),
          line: lineOf(topology, last.output),
          select: inner?.key ?? toggle,
          rows: isChain(structure, stack),
          cells: stack.map((u) => units[u].output),
          labels: stack.map((u, i) => (units[u].name.length <= 3 ? units[u].name : String(i + 1))),
          ops: stack.reduce((sum, u) => sum + units[u].size, 0),
          ghost: ghosts?.has(last.output) ?? false,
        });
        for (const u of stack) claim(u, index);
        continue;
      }
      const u = units[unit];
      const lone = single(structure, unit);
      if (lone >= 0) {
        const n = nodes[lone];
        const name = u.kind === 'module' ? u.name : n.name;
        boxOf[lone] = add({
          key: n.key,
          kind: 'op',
          parent,
          depth,
          node: lone,
          line: lineOf(topology, lone),
          name:
            u.kind === 'module'
              ? u.name || u.title
              : u.kind === 'function' && u.engine
                ? u.name
                : name,
          type: u.kind === 'module' ? u.title : '',
          ghost: ghosts?.has(lone) ?? false,
        });
        continue;
      }
      if (plan.open(u.key)) {
        const index = add({
          key: u.key,
          kind: 'open',
          name: u.name || u.title,
          type: caption(structure, unit),
          parent,
          depth,
          line: u.line,
          toggle: u.key,
          node: u.output,
          ops: u.size,
        });
        emit(entriesOf(structure, unit), index, depth + 1);
        continue;
      }
      const cells = u.engine ? [] : stripOf(structure, unit);
      const index = add({
        key: u.key,
        kind: 'closed',
        name: u.name || u.title,
        type: caption(structure, unit),
        parent,
        depth,
        line:
          u.engine || u.kind === 'part'
            ? lineOf(topology, u.output) || u.line
            : u.line || lineOf(topology, u.output),
        toggle: u.key,
        node: u.output,
        select: nodes[u.output]?.key ?? u.key,
        cells,
        ops: u.size,
        ghost: ghosts?.has(u.output) ?? false,
      });
      claim(unit, index);
    }
  };
  const claim = (unit: number, box: number): void => {
    const stack: Item[] = [~unit];
    while (stack.length) {
      const item = stack.pop()!;
      if (item >= 0) boxOf[item] = box;
      else for (const child of units[~item].items) stack.push(child);
    }
  };
  emit(entriesOf(structure, 0), -1, 0);

  const links = connect(topology, structure, boxes, boxOf, options.compact);
  for (const [i, node] of topology.losses.entries()) {
    if (boxOf[node] === undefined || boxOf[node] < 0) continue;
    const n = nodes[node];
    const index = add({
      key: `loss:${i}:${n.key}`,
      kind: 'loss',
      name: n.target || 'loss',
      parent: -1,
      depth: 0,
      node,
      line: lineOf(topology, node),
      select: n.key,
      ghost: ghosts?.has(node) ?? false,
    });
    links.push({ source: boxOf[node], target: index, nodes: [node] });
  }
  return compacted({ topology, structure, boxes, links, boxOf, id: '' }, options.compact);
}

/** The children of a unit, with runs of equal groups gathered. */
function entriesOf(structure: Structure, unit: number): Entry[] {
  const { units } = structure;
  const entries: Entry[] = [];
  const { items } = units[unit];
  for (let i = 0; i < items.length;) {
    const item = items[i];
    if (item >= 0) {
      entries.push({ unit: -1, stack: null, node: item });
      i++;
      continue;
    }
    const { fold } = units[~item];
    let end = i + 1;
    while (fold && end < items.length && items[end] < 0 && units[~items[end]].fold === fold) end++;
    const run = items.slice(i, end).map((x) => ~x);
    if (run.length >= (isChain(structure, run) ? STACK : ABREAST)) {
      entries.push({ unit: -1, stack: run, node: -1 });
      i = end;
    } else {
      entries.push({ unit: ~item, stack: null, node: -1 });
      i++;
    }
  }
  return entries;
}

/** What equal groups have in common: the class of modules, a loop without the number of its turn. */
function nameOfAll(unit: Unit): string {
  return unit.title || unit.name.replace(/ \(\d+\)$/, '');
}

function stackKey({ units }: Structure, stack: number[]): string {
  return `${units[stack[0]].key}×${stack.length}`;
}

/** The one op of a unit that holds nothing else, -1 otherwise. */
function single({ units, rank }: Structure, unit: number): number {
  for (let u = unit; ;) {
    const { items, size } = units[u];
    if (size !== 1 || items.length !== 1) return -1;
    const item = items[0];
    if (item >= 0) return rank[item] >= 0 ? item : -1;
    u = ~item;
  }
}

/**
 * Decide what is open: what the user said, else the widest groups first until the budget is used,
 * equal siblings all or none. What the user opens or closes changes nothing else: the budget counts
 * what is open without them, and what they open shows its groups closed.
 */
function openPlan(
  structure: Structure,
  opened: Opened,
  budget: number,
): { open: (key: string) => boolean } {
  const { units } = structure;
  const open = new Set<string>();
  const queue = entriesOf(structure, 0).map((entry) => ({ entry, byUser: false }));
  let boxes = costOf(queue.map(({ entry }) => entry));
  const decided = new Map<string, boolean>();
  const opens = (unit: number): boolean =>
    !units[unit].engine && units[unit].kind !== 'part' && single(structure, unit) < 0;
  const atFirst = (unit: number): boolean => {
    if (!opens(unit)) return false;
    const { parent, kind, title } = units[unit];
    const alike = `${parent} ${kind} ${title}`;
    let decision = decided.get(alike);
    if (decision === undefined) {
      const siblings = entriesOf(structure, parent).flatMap((e) => (e.unit > 0 ? [e.unit] : []));
      const more = siblings
        .filter((u) => units[u].kind === kind && units[u].title === title && opens(u))
        .reduce((sum, u) => sum + costOf(entriesOf(structure, u)) - 1, 0);
      decision = boxes + more <= budget;
      if (decision) boxes += more;
      decided.set(alike, decision);
    }
    return decision;
  };
  for (const { entry, byUser } of queue) {
    const { unit, stack } = entry;
    const key = stack ? stackKey(structure, stack) : unit > 0 ? units[unit].key : '';
    if (!key || (unit > 0 && single(structure, unit) >= 0)) continue;
    const first = !stack && !byUser && atFirst(unit);
    const now = opened.get(key) ?? first;
    if (now) open.add(key);
    // What the user closed is looked through all the same: its share of the budget stays its own.
    if (!now && !first) continue;
    const inside = stack
      ? stack.map((u) => ({ unit: u, stack: null, node: -1 }))
      : entriesOf(structure, unit);
    for (const child of inside) queue.push({ entry: child, byUser: byUser || !first });
  }
  return { open: (key) => open.has(key) };
}

/** A stack is as tall as a few boxes. */
function costOf(entries: Entry[]): number {
  return entries.reduce((sum, e) => sum + (e.stack ? 1 + Math.min(e.stack.length, 24) / 6 : 1), 0);
}

function caption({ units }: Structure, unit: number): string {
  return units[unit].kind === 'module' && units[unit].name ? units[unit].title : '';
}

function stripOf({ units }: Structure, unit: number): number[] {
  const all = units[unit].items.flatMap((item) => (item < 0 ? [units[~item].output] : [item]));
  if (all.length <= STRIP) return all;
  return Array.from(
    { length: STRIP },
    (_, i) => all[Math.floor(((i + 1) * all.length) / STRIP) - 1],
  );
}

function isChain(structure: Structure, run: number[]): boolean {
  return run.every((u, i) => !i || feeds(structure, run[i - 1], u));
}

function feeds({ units, targets, unitOf }: Structure, a: number, b: number): boolean {
  return (targets[units[a].output] ?? []).some((t) => {
    for (let p = unitOf[t]; p >= 0; p = units[p].parent) if (p === b) return true;
    return false;
  });
}

function connect(
  topology: Topology,
  structure: Structure,
  boxes: Box[],
  boxOf: Int32Array,
  compact: boolean,
): Link[] {
  const { nodes } = topology;
  const merged = new Map<string, Link>();
  const held: Map<number, number[]>[] = boxes.map(() => new Map());
  const ofInput: [node: number, readers: number[]][] = [];

  nodes.forEach((n, source) => {
    const readers = [
      ...new Set(structure.targets[source].map((t) => boxOf[t]).filter((b) => b >= 0)),
    ];
    if (
      n.kind === 'parameter' ||
      n.kind === 'constant' ||
      (n.kind === 'input' && readers.length > WIDE_READ)
    ) {
      if (n.kind === 'input') boxOf[source] = -1;
      for (const reader of readers) held[reader].set(source, [source]);
    } else if (n.kind === 'input') {
      ofInput.push([source, readers]);
    } else {
      for (const reader of readers) join(boxOf[source], reader, source);
    }
  });
  // An input that one box reads beside something else stands at its side.
  const fed = new Set([...merged.values()].map((l) => l.target));
  for (const [source, readers] of ofInput) {
    const alone = readers.length === 1 && boxes[readers[0]].kind !== 'input';
    if (alone && fed.has(readers[0])) {
      const box = boxes[readers[0]];
      const chip = chipOf(nodes, box, [source], true);
      if (compact || box.side) held[readers[0]].set(source, [source]);
      else box.side = chip;
      boxOf[source] = -1;
    } else {
      for (const reader of readers) join(boxOf[source], reader, source);
      for (const reader of readers) fed.add(reader);
    }
  }
  boxes.forEach((box, i) => {
    const all = [...held[i].keys()];
    if (!all.length) return;
    const trainable = all.filter((k) => nodes[k].kind === 'parameter');
    const rest = all.filter((k) => nodes[k].kind !== 'parameter');
    const groups =
      box.kind === 'op' && all.length <= CHIPS
        ? all.map((k) => [k])
        : [
            ...(trainable.length > 2 ? [trainable] : trainable.map((k) => [k])),
            ...(rest.length > (trainable.length ? 1 : 2) ? [rest] : rest.map((k) => [k])),
          ];
    box.chips = groups.map((g) => chipOf(nodes, box, g, nodes[g[0]].kind !== 'parameter'));
  });
  // A chip's node is found at its reader.
  nodes.forEach((_, i) => {
    if (boxOf[i] < 0)
      boxOf[i] = structure.targets[i].map((t) => boxOf[t]).find((b) => b >= 0) ?? -1;
  });
  return [...merged.values()];

  function join(source: number, target: number, node: number): void {
    if (source < 0 || target < 0 || source === target) return;
    const key = `${source}>${target}`;
    const link = merged.get(key);
    if (!link) merged.set(key, { source, target, nodes: [node] });
    else if (!link.nodes.includes(node)) link.nodes.push(node);
  }
}

function chipOf(nodes: Node[], box: Box, group: number[], dotted: boolean): Chip {
  const n = nodes[group[0]];
  if (group.length > 1) {
    const word = n.kind === 'parameter' ? 'params' : n.kind === 'constant' ? 'constants' : 'inputs';
    return { key: n.key, name: `${group.length} ${word}`, shape: '', nodes: group, dotted };
  }
  const short = n.name.split('.').at(-1) ?? n.name;
  const name = box.type && n.kind === 'parameter' ? short : n.name;
  return {
    key: n.key,
    name: name || n.kind,
    shape: n.shape.length ? n.shape.join('×') : n.dtype ? 'scalar' : '',
    nodes: group,
    dotted,
  };
}

/** Drop the boxes of inputs that became chips, and name the scene. */
function compacted(scene: Scene, compact: boolean): Scene {
  const { boxes, links, boxOf, topology } = scene;
  const keep = boxes.map((box, i) => box.kind !== 'input' || boxOf[box.node] === i);
  const place = new Int32Array(boxes.length);
  let next = 0;
  keep.forEach((kept, i) => (place[i] = kept ? next++ : -1));
  const moved = boxes
    .filter((_, i) => keep[i])
    .map((box) => ({ ...box, parent: box.parent < 0 ? -1 : place[box.parent] }));
  for (let i = 0; i < boxOf.length; i++) if (boxOf[i] >= 0) boxOf[i] = place[boxOf[i]];
  const open = boxes.filter((b) => b.kind === 'open').map((b) => b.key);
  return {
    ...scene,
    boxes: moved,
    links: links.map((l) => ({ ...l, source: place[l.source], target: place[l.target] })),
    id: `${topology.hash}|${topology.nodes.length}|${compact}|${open.join(',')}|${moved.length}`,
  };
}
