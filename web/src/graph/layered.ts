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
  return (
    edges.every(([[a, i], [b, j]]) => {
      if (a === 'child' && b === 'child') return j === i + 1;
      if (a === 'in' && b === 'child') return j === 0;
      return a === 'child' && b === 'out' && i === children.length - 1;
    }) && edges.filter(([[a], [b]]) => a === 'child' && b === 'child').length >= children.length - 1
  );
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

/** Edges that pass a rank belong right of its boxes, as chips are left: if most run at the left,
 * the mirror image is taken. */
function layered(level: Level): Placed {
  const first = arranged(level, 1);
  return first.lanes < 0 ? arranged(level, -1).placed : first.placed;
}

/** Lay out with dagre, as it comes (1) or mirrored (-1); `lanes` counts edges right minus left of boxes. */
function arranged(level: Level, side: 1 | -1): { placed: Placed; lanes: number } {
  const { children, ins, outs, edges } = level;
  const width = widthsOf(children);
  const graph = new graphlib.Graph({ multigraph: true });
  // Aligned to one side, the first child of a branch stays below its parent and the rest steps out.
  graph.setGraph({
    rankdir: 'TB',
    align: side > 0 ? 'UL' : 'UR',
    ranksep: GAP_Y,
    nodesep: GAP_X,
    edgesep: 18,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const name = ([kind, i]: End) => kind + i;
  for (let i = 0; i < ins; i++) graph.setNode('in' + i, { width: 1, height: 1 });
  children.forEach((c, i) => graph.setNode('child' + i, { width: width(c), height: c.height }));
  for (let i = 0; i < outs; i++) graph.setNode('out' + i, { width: 1, height: 1 });
  const weights = weigh(edges);
  edges.forEach(([a, b], i) => graph.setEdge(name(a), name(b), { weight: weights[i] }, String(i)));
  holdPorts(graph, level);
  dagre(graph);

  const at = (id: string) => {
    const { x, y } = graph.node(id) as Point;
    return { x: side * x, y };
  };
  const ranks = new Map<number, { height: number; members: number[] }>();
  let top = Infinity;
  let bottom = -Infinity;
  children.forEach((c, i) => {
    const { y } = at('child' + i);
    const rank = ranks.get(Math.round(y)) ?? { height: 0, members: [] };
    rank.height = Math.max(rank.height, c.height);
    rank.members.push(i);
    ranks.set(Math.round(y), rank);
    top = Math.min(top, y - c.height / 2);
    bottom = Math.max(bottom, y + c.height / 2);
  });
  if (!children.length) top = bottom = 0;
  // The axis of the whole: where its first value enters, else where it leaves, else the first child.
  const axis = ins ? at('in0').x : outs ? at('out0').x : children.length ? at('child0').x : 0;
  const places = children.map((c, i) => {
    const { x, y } = at('child' + i);
    return { x: Math.round(x - axis), y: Math.round(y - c.height / 2 - top) };
  });
  let lanes = 0;
  const bends = edges.map(([a, b], i) => {
    const points = (graph.edge(name(a), name(b), String(i)) as { points: Point[] }).points.slice(
      1,
      -1,
    );
    const passed: Point[] = [];
    const end = ([kind, n]: End) =>
      kind === 'child' ? places[n].x : Math.round(at(kind + n).x - axis);
    points.forEach((p, n) => {
      // dagre bends in the middle of a rank; run straight past the boxes of that rank instead.
      const rank = ranks.get(Math.round(p.y));
      if (!rank) return;
      const x = clear(
        Math.round(side * p.x - axis),
        rank.members.map((m) => ({ x: places[m].x, ...children[m] })),
      );
      for (const m of rank.members) lanes += Math.sign(x - places[m].x);
      const y = p.y - top;
      // A line far from the boxes may begin its turn beside them: it bends less sharply.
      const free = Math.min(
        ...rank.members.map((m) =>
          x > places[m].x
            ? x - places[m].x - children[m].right
            : places[m].x - children[m].left - x,
        ),
      );
      const early = (to: number) => (free > 0.42 * Math.abs(x - to) ? 0 : rank.height / 2);
      const [above, below] = [
        n ? rank.height / 2 : early(end(a)),
        n < points.length - 1 ? rank.height / 2 : early(end(b)),
      ];
      passed.push(
        { x, y: Math.round(Math.max(0, y - above)) },
        { x, y: Math.round(Math.min(bottom - top, y + below)) },
      );
    });
    return passed;
  });
  const ports = (kind: 'in' | 'out', n: number) =>
    Array.from({ length: n }, (_, i) => Math.round(at(kind + i).x - axis));
  const placed = { children: places, ins: ports('in', ins), outs: ports('out', outs), bends };
  const lines = [...bends.flat().map((p) => p.x), ...placed.ins, ...placed.outs];
  const extent = {
    left: Math.max(0, ...places.map((p, i) => children[i].left - p.x), ...lines.map((x) => 12 - x)),
    right: Math.max(
      0,
      ...places.map((p, i) => children[i].right + p.x),
      ...lines.map((x) => 12 + x),
    ),
    height: Math.round(bottom - top),
  };
  return { placed: { ...placed, extent }, lanes };
}

/**
 * dagre knows widths, not axes. One shift of all axes against their middles, the same for each box,
 * keeps straight what is straight; the one is taken that makes the boxes narrowest together.
 */
function widthsOf(children: Extent[]): (c: Extent) => number {
  const at = (shift: number) => (c: Extent) =>
    Math.max(2 * (c.left + shift), 2 * (c.right - shift), 1);
  const sum = (shift: number) => children.map(at(shift)).reduce((a, b) => a + b, 0);
  const shifts = [...new Set(children.map((c) => (c.right - c.left) / 2))];
  const shift = shifts.length ? shifts.reduce((a, b) => (sum(b) < sum(a) ? b : a)) : 0;
  return at(shift);
}

/**
 * Program order: a box stands right below what it reads, so that a value which is needed late is
 * still drawn where it was made. Only an edge that waits for a longer branch may be long.
 */
function weigh(edges: [End, End][]): number[] {
  const key = ([kind, i]: End) => kind + i;
  const depth = new Map<string, number>();
  const place = ([kind, i]: End) => (kind === 'in' ? -1 : kind === 'out' ? Infinity : i);
  // Children are in program order: sorted by their reader, each edge comes after what it builds on.
  for (const [a, b] of [...edges].sort((x, y) => place(x[1]) - place(y[1]))) {
    depth.set(key(b), Math.max(depth.get(key(b)) ?? 0, (depth.get(key(a)) ?? 0) + 1));
  }
  return edges.map(([a, b]) => ((depth.get(key(a)) ?? 0) + 1 === depth.get(key(b)) ? 8 : 1));
}

/** Ports belong at the rims: heavy edges hold them there, weightless ones keep the rest between. */
function holdPorts(
  graph: InstanceType<typeof graphlib.Graph>,
  { children, ins, outs, edges }: Level,
): void {
  const fed = new Set(edges.map(([, [kind, i]]) => kind + i));
  const read = new Set(edges.map(([[kind, i]]) => kind + i));
  if (ins) {
    graph.setNode('top', { width: 1, height: 1 });
    for (let i = 0; i < ins; i++) graph.setEdge('top', 'in' + i, { weight: 200 }, 'rim');
    children.forEach((_, i) => {
      if (!fed.has('child' + i)) graph.setEdge('top', 'child' + i, { weight: 0, minlen: 2 }, 'rim');
    });
  }
  if (outs) {
    graph.setNode('bottom', { width: 1, height: 1 });
    for (let i = 0; i < outs; i++) graph.setEdge('out' + i, 'bottom', { weight: 200 }, 'rim');
    children.forEach((_, i) => {
      if (!read.has('child' + i))
        graph.setEdge('child' + i, 'bottom', { weight: 0, minlen: 2 }, 'rim');
    });
  }
}

/** Move a line off the boxes that it would cross (dagre does not know which side chips are on). */
function clear(x: number, boxes: (Extent & { x: number })[]): number {
  for (const box of boxes) {
    const [from, to] = [box.x - box.left - 12, box.x + box.right + 12];
    if (x > from && x < to) return x < box.x ? from : to;
  }
  return x;
}
