// Where every visible box and edge of a graph lies. Open groups are laid out one by one, innermost
// first (`layered.ts`); an edge that crosses a group's rim passes it at a port. Nothing here depends
// on a step's numbers, so nothing moves while one looks through the steps.

import { GROUP_SIDE } from './metrics';
import { place, type End, type Level, type Placed, type Point } from './layered';

export interface LayoutBox {
  left: number;
  right: number;
  height: number;
  /** The open group around it, -1 at top level; groups come before what they hold. */
  parent: number;
  open: boolean;
  /** What an open group keeps free around what it holds. */
  pad: { top: number; bottom: number; right: number };
}

export interface LayoutInput {
  boxes: LayoutBox[];
  links: [source: number, target: number][];
  /** Room at the right of a group's content, where shapes and notes are written. */
  roomRight: number;
}

export interface Frame {
  /** The axis, on which the edges run, and the top. */
  x: number;
  y: number;
  left: number;
  right: number;
  height: number;
}

export interface LayoutResult {
  frames: Frame[];
  /** Per link: its points from source to target. */
  paths: Point[][];
  /** Per link: the middle of the gap below what it leaves. */
  labels: Point[];
  bounds: { x: number; y: number; width: number; height: number };
}

interface Open {
  members: number[];
  local: Map<number, number>;
  ins: Map<number, number>;
  outs: Map<number, number>;
  edges: [End, End][];
  index: Map<string, number>;
  placed?: Placed;
}

/** A link's way through one level: which edge there, and the boxes at its two ends (-1: the rim). */
interface Hop {
  level: number;
  edge: number;
  from: number;
  to: number;
}

export function layout({ boxes, links, roomRight }: LayoutInput): LayoutResult {
  const levels = new Map<number, Open>();
  const open = (): Open => ({
    members: [],
    local: new Map(),
    ins: new Map(),
    outs: new Map(),
    edges: [],
    index: new Map(),
  });
  levels.set(-1, open());
  boxes.forEach((box, i) => {
    if (box.open) levels.set(i, open());
    const around = levels.get(box.parent)!;
    around.local.set(i, around.members.length);
    around.members.push(i);
  });

  const hops = links.map(([source, target]) => route(boxes, levels, source, target));

  const size = boxes.map(({ left, right, height }) => ({ left, right, height }));
  for (const i of [...levels.keys()].sort((a, b) => b - a)) {
    const level = levels.get(i)!;
    const content: Level = {
      children: level.members.map((m) => size[m]),
      ins: level.ins.size,
      outs: level.outs.size,
      edges: level.edges,
    };
    level.placed = place(content);
    if (i < 0) continue;
    const { left, right, height } = level.placed.extent;
    const outer = left + GROUP_SIDE;
    const { pad } = boxes[i];
    size[i] = {
      left: outer,
      right: Math.max(right + pad.right, Math.min(outer, right + roomRight)),
      height: height + pad.top + pad.bottom,
    };
  }

  const frames: Frame[] = [];
  const origin = (level: number): Point =>
    level < 0 ? { x: 0, y: 0 } : { x: frames[level].x, y: frames[level].y + boxes[level].pad.top };
  boxes.forEach((box, i) => {
    const level = levels.get(box.parent)!;
    const o = origin(box.parent);
    const p = level.placed!.children[level.local.get(i)!];
    frames.push({ x: o.x + p.x, y: o.y + p.y, ...size[i] });
  });

  const paths: Point[][] = [];
  const labels: Point[] = [];
  links.forEach(([source], k) => {
    const points: Point[] = [];
    let label: Point | null = null;
    for (const hop of hops[k]) {
      const level = levels.get(hop.level)!;
      const o = origin(hop.level);
      const from =
        hop.from < 0
          ? { x: o.x + level.placed!.ins[level.ins.get(source)!], y: frames[hop.level].y }
          : exit(hop.from, source);
      const to =
        hop.to < 0
          ? { x: o.x + level.placed!.outs[level.outs.get(source)!], y: bottom(hop.level) }
          : entry(hop.to, source);
      const bends = level.placed!.bends[hop.edge].map((p) => ({ x: o.x + p.x, y: o.y + p.y }));
      const piece = [from, ...bends, to];
      for (const p of piece) {
        const last = points.at(-1);
        if (!last || last.x !== p.x || last.y !== p.y) points.push(p);
      }
      if (hop.from >= 0 && hop.to >= 0)
        label = { x: from.x, y: Math.min((from.y + piece[1].y) / 2, from.y + 18) };
    }
    paths.push(points);
    labels.push(label ?? { ...points[0] });
  });
  spread(links, paths, frames);
  return { frames, paths, labels, bounds: boundsOf(frames, boxes) };

  function bottom(i: number): number {
    return frames[i].y + frames[i].height;
  }
  function exit(i: number, source: number): Point {
    const level = levels.get(i);
    const x = level && i !== source ? level.placed!.outs[level.outs.get(source)!] : 0;
    return { x: frames[i].x + x, y: bottom(i) };
  }
  function entry(i: number, source: number): Point {
    const level = levels.get(i);
    const port = level?.ins.get(source);
    return { x: frames[i].x + (port === undefined ? 0 : level!.placed!.ins[port]), y: frames[i].y };
  }
}

/** Enter a link into every level that it passes, and say which edges it became. */
function route(
  boxes: LayoutBox[],
  levels: Map<number, Open>,
  source: number,
  target: number,
): Hop[] {
  const above = (i: number) => {
    const up: number[] = [];
    for (let p = boxes[i].parent; ; p = boxes[p].parent) {
      up.push(p);
      if (p < 0) return up;
    }
  };
  const ups = above(source);
  const downs = above(target);
  const common = ups.find((u) => downs.includes(u))!;
  const hops: Hop[] = [];
  let from = source;
  for (const level of ups.slice(0, ups.indexOf(common))) {
    hops.push({ level, edge: edge(level, child(level, from), port(level, 'out')), from, to: -1 });
    from = level;
  }
  const inward = downs.slice(0, downs.indexOf(common)).reverse();
  const path = [...inward, target];
  hops.push({
    level: common,
    edge: edge(common, child(common, from), child(common, path[0])),
    from,
    to: path[0],
  });
  inward.forEach((level, i) => {
    hops.push({
      level,
      edge: edge(level, port(level, 'in'), child(level, path[i + 1])),
      from: -1,
      to: path[i + 1],
    });
  });
  return hops;

  function child(level: number, box: number): End {
    return ['child', levels.get(level)!.local.get(box)!];
  }
  function port(level: number, kind: 'in' | 'out'): End {
    const ports = kind === 'in' ? levels.get(level)!.ins : levels.get(level)!.outs;
    if (!ports.has(source)) ports.set(source, ports.size);
    return [kind, ports.get(source)!];
  }
  function edge(level: number, a: End, b: End): number {
    const { edges, index } = levels.get(level)!;
    const key = `${a}>${b}`;
    if (!index.has(key)) {
      index.set(key, edges.length);
      edges.push([a, b]);
    }
    return index.get(key)!;
  }
}

/** Let several values enter a box side by side; what came straight down stays straight. */
function spread(links: [number, number][], paths: Point[][], frames: Frame[]): void {
  const entering = new Map<number, number[]>();
  links.forEach(([, target], k) => {
    const list = entering.get(target);
    if (list) list.push(k);
    else entering.set(target, [k]);
  });
  for (const [target, list] of entering) {
    if (list.length < 2) continue;
    const { x } = frames[target];
    const before = (k: number) => paths[k].at(-2)!.x - x;
    list.sort((a, b) => before(a) - before(b) || a - b);
    const step = Math.min(26, 140 / list.length);
    const straight = list.findIndex((k) => Math.abs(before(k)) < 2);
    const middle = straight < 0 ? (list.length - 1) / 2 : straight;
    list.forEach((k, i) => {
      const end = paths[k].at(-1)!;
      paths[k][paths[k].length - 1] = { x: end.x + (i - middle) * step, y: end.y };
    });
  }
}

function boundsOf(frames: Frame[], boxes: LayoutBox[]): LayoutResult['bounds'] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  frames.forEach((f, i) => {
    if (boxes[i].parent >= 0) return;
    x0 = Math.min(x0, f.x - f.left);
    x1 = Math.max(x1, f.x + f.right);
    y0 = Math.min(y0, f.y);
    y1 = Math.max(y1, f.y + f.height);
  });
  return frames.length
    ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }
    : { x: 0, y: 0, width: 0, height: 0 };
}
