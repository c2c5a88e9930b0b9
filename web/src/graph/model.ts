// What is on the stage: the boxes of a topology for the groups that are open now. Parameters and
// constants sit on their reader as chips, an input with one reader beside it, equal blocks in a row
// are one stack, turns of a loop are one loop that shows one of them, and each backward() call is a
// lamp below the value it starts from.

import type { Node, Topology } from '../protocol';
import { connect } from './connect';
import { cutWord } from './describe';
import {
  entriesOf,
  isChain,
  keyOf,
  keyOfAll,
  nameOfAll,
  openPlan,
  single,
  type Entry,
  type Opened,
} from './opening';
import { edgeName, type Shape } from './shapes';
import { lineOf, structureOf, type Item, type Structure } from './structure';

/** A small label at the side of a box: parameters, constants and inputs that only it reads. */
export interface Chip {
  key: string;
  name: string;
  shape: string;
  nodes: number[];
  /** No gradient can flow into it. */
  dotted: boolean;
}

/** An open loop: which of its turns is shown. */
export interface Turns {
  /** Each turn's number in the program. */
  numbers: number[];
  shown: number;
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
  turns: Turns | null;
  ops: number;
  ghost: boolean;
  /** Where its value goes without a line: out of the graph, or to too many readers. */
  ends: string[];
}

export interface Link {
  source: number;
  target: number;
  /** The values that flow here, each once. */
  nodes: number[];
  /** Nothing flows here in this step. */
  ghost: boolean;
}

/** What one turn of an open loop hands to the next. */
export interface Carry {
  /** The loop's box. */
  loop: number;
  source: number;
  target: number;
  node: number;
}

export interface Scene {
  topology: Topology;
  structure: Structure;
  boxes: Box[];
  links: Link[];
  carries: Carry[];
  /** The box that shows a node: its own, the closed one around it, or its reader's for a chip. */
  boxOf: Int32Array;
  /** What distinguishes this scene's layout from another's. */
  id: string;
}

export interface SceneOptions {
  /** Open groups until about this many boxes are on the stage. */
  budget: number;
  /** Inputs that one box reads go into its column of chips, not to its right. */
  compact: boolean;
  /** Which turn of a loop is shown, from 0, by `Box.toggle`; the last one else. */
  turns?: ReadonlyMap<string, number>;
}

export type { Opened };
export const BUDGET = 60;
const STRIP = 24;

export function sceneOf(
  drawn: Topology | Shape,
  opened: Opened,
  { budget, compact, turns: chosen }: SceneOptions,
): Scene {
  const shape = 'whole' in drawn ? drawn : null;
  const topology = shape ? shape.topology : (drawn as Topology);
  const ghosts = shape?.ghosts ?? null;
  const structure = structureOf(topology);
  const plan = openPlan(structure, opened, budget);
  const { units } = structure;
  const { nodes } = topology;
  const boxes: Box[] = [];
  const boxOf = new Int32Array(nodes.length).fill(-1);
  /** Equal for nodes of the same turns of all open loops. */
  const turnOfNode = new Int32Array(nodes.length);

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
      turns: null,
      ops: 1,
      ghost: box.node !== undefined && isGhost(box.node),
      ends: [],
      ...box,
    });
    return boxes.length - 1;
  };
  const isGhost = (node: number): boolean => ghosts?.has(node) ?? false;
  /** The op that stands for a unit: its output, or what stands for that in this step. */
  const outputOf = (unit: number): number => {
    const { output } = units[unit];
    if (!ghosts?.has(output)) return output;
    return membersOf(structure, unit).findLast((i) => !ghosts.has(i)) ?? output;
  };
  const sizeOf = (several: number[]): number => several.reduce((sum, u) => sum + units[u].size, 0);

  const emit = (entries: Entry[], parent: number, depth: number): void => {
    for (const entry of entries) {
      if (entry.node >= 0) emitNode(entry.node, parent, depth);
      else if (entry.several) emitSeveral(entry.several, entry.turns, parent, depth);
      else emitUnit(entry.unit, parent, depth);
    }
  };
  const emitNode = (node: number, parent: number, depth: number): void => {
    const n = nodes[node];
    boxOf[node] = add({
      key: n.key,
      kind: n.kind === 'input' ? 'input' : 'op',
      name: n.name,
      parent,
      depth,
      node,
      line: lineOf(topology, node),
      ends: endsOf(n),
    });
  };
  const emitSeveral = (several: number[], turns: boolean, parent: number, depth: number): void => {
    const toggle = keyOfAll(structure, several, turns);
    const last = units[several.at(-1)!];
    const outputs = several.map(outputOf);
    const here = outputs.filter((node) => !isGhost(node)).length;
    const count = here < several.length ? `×${here} of ${several.length}` : `×${several.length}`;
    const common = { key: toggle, name: nameOfAll(last), parent, depth, toggle };
    const labels = several.map((u, i) =>
      units[u].turn
        ? String(units[u].turn)
        : units[u].name.length <= 3
          ? units[u].name
          : String(i + 1),
    );
    if (plan.open(toggle)) {
      const node = outputs.findLast((at) => !isGhost(at)) ?? last.output;
      const shown = turns ? turnOf(toggle, outputs) : -1;
      const index = add({
        ...common,
        kind: 'open',
        type: count,
        node,
        line: turns ? last.line : 0,
        ops: sizeOf(several),
        ghost: !here,
        ...(turns
          ? {
              turns: { numbers: several.map((u, i) => units[u].turn || i + 1), shown },
              cells: outputs,
              labels,
            }
          : {}),
      });
      if (!turns) {
        emit(
          several.map((unit) => ({ unit, several: null, turns: false, node: -1 })),
          index,
          depth + 1,
        );
        return;
      }
      emit(entriesOf(structure, several[shown]), index, depth + 1);
      // The turns that are not shown lie behind the one that is.
      const front = membersOf(structure, several[shown]);
      several.forEach((u, t) => {
        const back = membersOf(structure, u);
        for (const node of back) turnOfNode[node] = turnOfNode[node] * 8191 + t + 1;
        if (t === shown) return;
        back.forEach((node, i) => (boxOf[node] = standIn(front, back, i, index)));
      });
      return;
    }
    const inner = nodes[last.output];
    const index = add({
      ...common,
      kind: 'stack',
      node: outputs.findLast((at) => !isGhost(at)) ?? last.output,
      type: count + (last.size > 1 && inner ? `, ${inner.name}` : ''),
      line: (turns ? last.line : 0) || lineOf(topology, last.output),
      select: inner?.key ?? toggle,
      rows: isChain(structure, several),
      cells: outputs,
      labels,
      ops: sizeOf(several),
      ghost: !here,
    });
    for (const u of several) claim(u, index);
  };
  const turnOf = (toggle: string, outputs: number[]): number => {
    const wanted = chosen?.get(toggle);
    if (wanted !== undefined) return Math.max(0, Math.min(outputs.length - 1, wanted));
    return Math.max(
      0,
      outputs.findLastIndex((node) => !isGhost(node)),
    );
  };
  /** The shown turn's box for the i-th node of another turn. */
  const standIn = (front: number[], back: number[], i: number, loop: number): number => {
    const [same, own] = [front[i], nodes[back[i]]];
    return same !== undefined && nodes[same].name === own.name && boxOf[same] >= 0
      ? boxOf[same]
      : loop;
  };
  const emitUnit = (unit: number, parent: number, depth: number): void => {
    const u = units[unit];
    const lone = single(structure, unit);
    if (lone >= 0) {
      const n = nodes[lone];
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
              : n.name,
        type: u.kind === 'module' ? u.title : '',
        ends: endsOf(n),
      });
      return;
    }
    const toggle = keyOf(structure, unit);
    const common = {
      key: u.key,
      name: u.name || u.title,
      type: caption(structure, unit),
      parent,
      depth,
      toggle,
      node: outputOf(unit),
      ops: u.size,
    };
    if (plan.open(toggle)) {
      const index = add({ ...common, kind: 'open', line: u.line });
      emit(entriesOf(structure, unit), index, depth + 1);
      return;
    }
    const index = add({
      ...common,
      kind: 'closed',
      line:
        u.engine || u.kind === 'part'
          ? lineOf(topology, u.output) || u.line
          : u.line || lineOf(topology, u.output),
      select: nodes[u.output]?.key ?? u.key,
      cells: u.engine ? [] : stripOf(structure, unit),
    });
    claim(unit, index);
  };
  const claim = (unit: number, box: number): void => {
    for (const node of membersOf(structure, unit)) boxOf[node] = box;
  };
  emit(entriesOf(structure, 0), -1, 0);

  const absent = shape?.absent;
  const lacks = (source: number, target: number): boolean =>
    !!absent?.size && absent.has(edgeName(topology, source, target));
  const carrying = (source: number, target: number): boolean =>
    turnOfNode[source] > 0 && turnOfNode[target] > 0 && turnOfNode[source] !== turnOfNode[target];
  const scene = { topology, structure, boxes, boxOf };
  const { links, carries } = connect(scene, compact, { lacks, carries: carrying });
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
    });
    links.push({ source: boxOf[node], target: index, nodes: [node], ghost: isGhost(node) });
  }
  return compacted({ ...scene, links, carries, id: '' }, shape?.whole ?? topology, compact);
}

/** Where an op's value left the graph: "detach :22". */
function endsOf({ ends, requires_grad }: Node): string[] {
  if (!requires_grad) return [];
  const words = [...new Set(ends.map((e) => `${cutWord(e.kind)} :${e.line}`))];
  return words.length > 2 ? [...words.slice(0, 2), `+${words.length - 2}`] : words;
}

/** All nodes of a unit that are drawn in it, in program order. */
function membersOf({ units }: Structure, unit: number): number[] {
  const members: number[] = [];
  const stack: Item[] = [~unit];
  while (stack.length) {
    const item = stack.pop()!;
    if (item >= 0) members.push(item);
    else for (let i = units[~item].items.length - 1; i >= 0; i--) stack.push(units[~item].items[i]);
  }
  return members;
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

/** Drop the boxes of inputs that became chips, and name the scene. */
function compacted(scene: Scene, whole: Topology, compact: boolean): Scene {
  const { boxes, links, carries, boxOf } = scene;
  const keep = boxes.map((box, i) => box.kind !== 'input' || boxOf[box.node] === i);
  const place = new Int32Array(boxes.length);
  let next = 0;
  keep.forEach((kept, i) => (place[i] = kept ? next++ : -1));
  const moved = boxes
    .filter((_, i) => keep[i])
    .map((box) => ({ ...box, parent: box.parent < 0 ? -1 : place[box.parent] }));
  for (let i = 0; i < boxOf.length; i++) if (boxOf[i] >= 0) boxOf[i] = place[boxOf[i]];
  const to = <T extends { source: number; target: number }>(l: T): T => ({
    ...l,
    source: place[l.source],
    target: place[l.target],
  });
  const open = moved.filter((b) => b.kind === 'open');
  const drawn = open.map((b) => b.key + (b.turns ? turnShape(moved, moved.indexOf(b)) : ''));
  return {
    ...scene,
    boxes: moved,
    links: links.map(to),
    carries: carries.map((c) => ({ ...to(c), loop: place[c.loop] })),
    id: `${whole.hash}|${whole.nodes.length}|${compact}|${drawn.join(',')}|${moved.length}`,
  };
}

/** Turns with the same boxes have the same layout. */
function turnShape(boxes: Box[], loop: number): string {
  return boxes
    .filter((b) => b.parent === loop)
    .map((b) => `${b.kind}${b.name}${b.chips.length}${b.side ? 1 : 0}`)
    .join(';');
}
