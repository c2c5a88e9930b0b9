// The layered layout of one open group, top to bottom, on dagre. Children are boxes with a reach to
// the left and right of their axis; ports are the values that enter at the top and leave at the
// bottom. Equal groups are laid out once.

import { graphlib, layout as dagre } from '@dagrejs/dagre';

export interface Point {
  x: number;
  y: number;
}

/** How far a box reaches from the axis on which its edges run, and how tall it is. */
export interface Extent {
  left: number;
  right: number;
  height: number;
}

/** An end of an edge: child n, port n at the top (`in`), or port n at the bottom (`out`). */
export type End = ['child' | 'in' | 'out', number];

export interface Level {
  children: Extent[];
  ins: number;
  outs: number;
  edges: [End, End][];
}

/** Coordinates are relative: x to the group's axis, y to its first child's top. */
export interface Placed {
  /** Axis and top of each child. */
  children: Point[];
  ins: number[];
  outs: number[];
  /** Points that each edge passes between its ends. */
  bends: Point[][];
  extent: Extent;
}

export const GAP_Y = 28;
const GAP_X = 30;

const cache = new Map<string, Placed>();
export const statistics = { laidOut: 0, reused: 0 };

export function place(level: Level): Placed {
  const key = JSON.stringify([
    level.children.map((c) => [c.left, c.right, c.height]),
    level.ins,
    level.outs,
    level.edges,
  ]);
  const known = cache.get(key);
  if (known) {
    statistics.reused++;
    return known;
  }
  statistics.laidOut++;
  const placed = isChain(level) ? stacked(level) : layered(level);
  if (cache.size > 2_000) cache.clear();
  cache.set(key, placed);
  return placed;
}

/** Each child feeds the next and nothing else happens: no search is needed. */
function isChain({ children, ins, outs, edges }: Level): boolean {
  if (ins > 1 || outs > 1) return false;
  return edges.every(([[a, i], [b, j]]) => {
    if (a === 'child' && b === 'child') return j === i + 1;
    if (a === 'in' && b === 'child') return j === 0;
    return a === 'child' && b === 'out' && i === children.length - 1;
  }) && edges.filter(([[a], [b]]) => a === 'child' && b === 'child').length >= children.length - 1;
}

function stacked({ children, ins, outs, edges }: Level): Placed {
  let y = 0;
  const places = children.map((child) => {
    const point = { x: 0, y };
    y += child.height + GAP_Y;
    return point;
  });
  return {
    children: places,
    ins: Array(ins).fill(0),
    outs: Array(outs).fill(0),
    bends: edges.map(() => []),
    extent: {
      left: Math.max(0, ...children.map((c) => c.left)),
      right: Math.max(0, ...children.map((c) => c.right)),
      height: Math.max(0, y - GAP_Y),
    },
  };
}

function layered(level: Level): Placed {
  const { children, ins, outs, edges } = level;
  // dagre knows widths, not axes: one shift, the same for all, keeps straight what is straight.
  const left = Math.max(0, ...children.map((c) => c.left));
  const right = Math.max(0, ...children.map((c) => c.right));
  const shift = (right - left) / 2;
  const width = (c: Extent) => Math.max(2 * (c.left + shift), 2 * (c.right - shift), 1);

  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', ranksep: GAP_Y, nodesep: GAP_X, edgesep: 18, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const name = ([kind, i]: End) => kind + i;
  for (let i = 0; i < ins; i++) graph.setNode('in' + i, { width: 1, height: 1 });
  children.forEach((c, i) => graph.setNode('child' + i, { width: width(c), height: c.height }));
  for (let i = 0; i < outs; i++) graph.setNode('out' + i, { width: 1, height: 1 });
  edges.forEach(([a, b], i) => graph.setEdge(name(a), name(b), { weight: a[0] === 'child' && b[0] === 'child' ? 2 : 1 }, String(i)));

  // Ports belong at the rims: heavy edges hold them there, weightless ones keep the rest between.
  const fed = new Set(edges.map(([, b]) => name(b)));
  const read = new Set(edges.map(([a]) => name(a)));
  if (ins) {
    graph.setNode('rim-top', { width: 1, height: 1 });
    for (let i = 0; i < ins; i++) graph.setEdge('rim-top', 'in' + i, { weight: 200 }, 'rim');
    children.forEach((_, i) => {
      if (!fed.has('child' + i)) graph.setEdge('rim-top', 'child' + i, { weight: 0, minlen: 2 }, 'rim');
    });
  }
  if (outs) {
    graph.setNode('rim-bottom', { width: 1, height: 1 });
    for (let i = 0; i < outs; i++) graph.setEdge('out' + i, 'rim-bottom', { weight: 200 }, 'rim');
    children.forEach((_, i) => {
      if (!read.has('child' + i)) graph.setEdge('child' + i, 'rim-bottom', { weight: 0, minlen: 2 }, 'rim');
    });
  }
  dagre(graph);

  const at = (id: string) => graph.node(id) as { x: number; y: number; width: number; height: number };
  const tallest = new Map<number, number>();
  let top = Infinity;
  let bottom = -Infinity;
  children.forEach((c, i) => {
    const { y } = at('child' + i);
    tallest.set(Math.round(y), Math.max(tallest.get(Math.round(y)) ?? 0, c.height));
    top = Math.min(top, y - c.height / 2);
    bottom = Math.max(bottom, y + c.height / 2);
  });
  if (!children.length) top = bottom = 0;
  // The axis of the whole: where its first value enters, else where it leaves, else the first child.
  const axis = ins ? at('in0').x : outs ? at('out0').x : children.length ? at('child0').x : 0;
  const places = children.map((c, i) => ({ x: round(at('child' + i).x - axis), y: round(at('child' + i).y - c.height / 2 - top) }));
  const bends = edges.map(([a, b], i) => {
    const points = (graph.edge(name(a), name(b), String(i)) as { points: Point[] }).points.slice(1, -1);
    const ranks: Point[] = [];
    for (const p of points) {
      // dagre bends in the middle of a rank; run straight past the boxes of that rank instead.
      const half = (tallest.get(Math.round(p.y)) ?? 0) / 2;
      const x = round(p.x - axis);
      const y = Math.min(Math.max(p.y, top), bottom) - top;
      if (half) ranks.push({ x, y: round(Math.max(0, y - half)) }, { x, y: round(Math.min(bottom - top, y + half)) });
    }
    return ranks;
  });
  const lines = bends.flat().map((p) => p.x);
  const ports = (kind: 'in' | 'out', n: number) => Array.from({ length: n }, (_, i) => round(at(kind + i).x - axis));
  const entries = ports('in', ins);
  const exits = ports('out', outs);
  return {
    children: places,
    ins: entries,
    outs: exits,
    bends,
    extent: {
      left: Math.max(0, ...places.map((p, i) => children[i].left - p.x), ...[...lines, ...entries, ...exits].map((x) => 12 - x)),
      right: Math.max(0, ...places.map((p, i) => children[i].right + p.x), ...[...lines, ...entries, ...exits].map((x) => 12 + x)),
      height: round(bottom - top),
    },
  };
}

function round(v: number): number {
  return Math.round(v);
}
