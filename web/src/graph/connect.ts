// What flows between the boxes of a scene: links for values, chips at the boxes that read them for
// parameters and constants, and for values that so many boxes read that lines would hide the rest.

import type { Node } from '../protocol';
import type { Box, Carry, Chip, Link, Scene } from './model';

/** Single chips beside one op; more are gathered. */
const CHIPS = 3;
/** An input that more boxes read is a chip at each, and so is a value. */
const WIDE_READ = 6;
const WIDE_VALUE = 8;

/** What is asked of an edge, by the numbers of its nodes. */
interface Edges {
  /** This step lacks it. */
  lacks: (source: number, target: number) => boolean;
  /** It leads from one turn of an open loop into another. */
  carries: (source: number, target: number) => boolean;
}

export function connect(
  scene: Pick<Scene, 'topology' | 'structure' | 'boxes' | 'boxOf'>,
  compact: boolean,
  edges: Edges,
): { links: Link[]; carries: Carry[] } {
  const { topology, structure, boxes, boxOf } = scene;
  const { nodes } = topology;
  const { targets } = structure;
  const merged = new Map<string, Link>();
  const held: Map<number, number[]>[] = boxes.map(() => new Map());
  const carried = new Map<string, Carry>();
  const ofInput: [node: number, readers: number[]][] = [];

  nodes.forEach((n, source) => {
    const readers = [
      ...new Set(
        targets[source]
          .filter((t) => !hand(source, t))
          .map((t) => boxOf[t])
          .filter((b) => b >= 0),
      ),
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
      const own = boxOf[source];
      const others = readers.filter((r) => r !== own && !isInside(boxes, own, r));
      others.sort((a, b) => a - b);
      others.forEach((reader, i) => {
        // The first reader keeps its line; the others have the value's name.
        if (others.length > WIDE_VALUE && i && boxes[reader].kind === 'op')
          held[reader].set(source, [source]);
        else join(own, reader, source);
      });
      if (others.length > WIDE_VALUE && own >= 0) boxes[own].ends.push(`read by ${others.length}`);
    }
  });
  // An input that boxes read beside something else stands at the side of each.
  const fed = new Set([...merged.values()].map((l) => l.target));
  for (const [source, readers] of ofInput) {
    const beside = readers.every((r) => fed.has(r) && boxes[r].kind !== 'input');
    if (readers.length && beside) {
      for (const reader of readers) {
        const box = boxes[reader];
        if (compact || box.side || box.kind === 'open') held[reader].set(source, [source]);
        else box.side = chipOf(nodes, box, [source], true);
      }
      boxOf[source] = -1;
    } else {
      for (const reader of readers) join(boxOf[source], reader, source);
      for (const reader of readers) fed.add(reader);
    }
  }
  boxes.forEach((box, i) => {
    const all = [...held[i].keys()];
    if (!all.length || box.kind === 'open') return;
    const trainable = all.filter((k) => nodes[k].kind === 'parameter');
    const rest = all.filter((k) => nodes[k].kind !== 'parameter');
    const groups =
      box.kind === 'op' && all.length <= CHIPS
        ? all.map((k) => [k])
        : [
            ...(trainable.length > 2 ? [trainable] : trainable.map((k) => [k])),
            ...(rest.length > (trainable.length ? 1 : 2) ? [rest] : rest.map((k) => [k])),
          ];
    box.chips = groups.map((g) => chipOf(nodes, box, g, !nodes[g[0]].requires_grad));
  });
  // A chip's node is found at its reader.
  nodes.forEach((_, i) => {
    if (boxOf[i] < 0) boxOf[i] = targets[i].map((t) => boxOf[t]).find((b) => b >= 0) ?? -1;
  });
  return { links: [...merged.values()], carries: [...carried.values()] };

  /** Note what a turn hands to another one: it is drawn around the loop. */
  function hand(source: number, target: number): boolean {
    const [from, to] = [boxOf[source], boxOf[target]];
    if (from < 0 || to < 0 || !edges.carries(source, target)) return false;
    const loop = commonLoop(boxes, from, to);
    if (loop < 0) return false;
    carried.set(`${from}>${to}`, { loop, source: from, target: to, node: source });
    return true;
  }

  function join(source: number, target: number, node: number): void {
    if (source < 0 || target < 0 || source === target) return;
    if (isInside(boxes, source, target) || isInside(boxes, target, source)) return;
    const key = `${source}>${target}`;
    const absent = targets[node].every((t) => boxOf[t] !== target || edges.lacks(node, t));
    const link = merged.get(key);
    if (!link) merged.set(key, { source, target, nodes: [node], ghost: absent });
    else {
      if (!link.nodes.includes(node)) link.nodes.push(node);
      link.ghost &&= absent;
    }
  }
}

/** Whether `inner` lies in the open group `outer`, at any depth. */
export function isInside(boxes: readonly Box[], outer: number, inner: number): boolean {
  for (let p = boxes[inner]?.parent ?? -1; p >= 0; p = boxes[p].parent)
    if (p === outer) return true;
  return false;
}

/** The innermost open loop around both. */
function commonLoop(boxes: readonly Box[], a: number, b: number): number {
  for (let p = a; p >= 0; p = boxes[p].parent)
    if (boxes[p].turns && (p === b || isInside(boxes, p, b))) return p;
  return -1;
}

function chipOf(nodes: readonly Node[], box: Box, group: number[], dotted: boolean): Chip {
  const n = nodes[group[0]];
  if (group.length > 1) {
    const word = n.kind === 'parameter' ? 'params' : n.kind === 'constant' ? 'constants' : 'inputs';
    return { key: n.key, name: `${group.length} ${word}`, shape: '', nodes: group, dotted };
  }
  const short = n.name.split('.').at(-1) ?? n.name;
  const name = box.type && n.kind === 'parameter' ? short : n.target || n.name;
  return {
    key: n.key,
    name: name || n.kind,
    shape: n.shape.length ? n.shape.join('×') : n.dtype ? 'scalar' : '',
    nodes: group,
    dotted,
  };
}
