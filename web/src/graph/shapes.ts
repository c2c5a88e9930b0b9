// The graphs of a run that are alike, as one: a step that took another branch is drawn in the same
// picture as the others, and what it lacks is a ghost there. So no box ever moves between steps.
// A graph that shares little with the others (the other network of a GAN) has a picture of its own.

import type { Edge, Group, Node, Numbers, Topology } from '../protocol';
import { STATISTICS } from '../protocol';
import { shareStructure, structureOf } from './structure';

/** A step's graph, laid over all graphs of its kind. */
export interface Shape {
  /** Everything of the kind, with this step's nodes where it has them. */
  topology: Topology;
  /** Everything of the kind: the same object for all of its shapes. */
  whole: Topology;
  /** Nodes that this step lacks; null where it lacks none. */
  ghosts: ReadonlySet<number> | null;
  /** Edges that this step lacks, as `edgeName`. */
  absent: ReadonlySet<number>;
  /** The number here of each node of the step; null where they are the same. */
  place: Int32Array | null;
  /** Place of an op in this step's program order, -1 for what is none. */
  rank: Int32Array;
}

interface Kind {
  whole: Topology;
  places: Map<string, number>;
  shapes: Map<Topology, Shape>;
}

/** Graphs that share less of their operations than this are not drawn as one. */
const ALIKE = 0.5;

export function edgeName(whole: Topology, source: number, target: number): number {
  return source * whole.nodes.length + target;
}

export class Shapes {
  #seen: readonly Topology[] = [];
  #kinds: Kind[] = [];
  #kindOf = new Map<Topology, Kind>();

  /** All graphs of the run, in the order they were seen first. */
  take(topologies: readonly Topology[]): void {
    const known = this.#seen;
    if (topologies.length < known.length || known.some((t, i) => t !== topologies[i])) {
      this.#kinds = [];
      this.#kindOf = new Map();
      this.#seen = [];
    }
    for (const topology of topologies.slice(this.#seen.length)) this.#add(topology);
    this.#seen = [...topologies];
  }

  of(topology: Topology): Shape {
    const kind = this.#kindOf.get(topology) ?? this.#add(topology);
    let shape = kind.shapes.get(topology);
    if (!shape) kind.shapes.set(topology, (shape = lay(topology, kind)));
    return shape;
  }

  #add(topology: Topology): Kind {
    const ops = topology.nodes.filter((n) => n.kind === 'op').map((n) => n.key);
    let best: Kind | null = null;
    let most = 0;
    for (const kind of this.#kinds) {
      const shared = ops.filter((key) => kind.places.has(key)).length;
      const least = Math.min(ops.length, structureOf(kind.whole).ops);
      const share = least ? shared / least : 0;
      if (share >= ALIKE && share > most) [best, most] = [kind, share];
    }
    if (best) {
      const whole = merge(best.whole, topology, best.places);
      if (whole !== best.whole) {
        best.whole = whole;
        best.places = placesOf(whole);
        best.shapes.clear();
      }
    } else {
      best = { whole: topology, places: placesOf(topology), shapes: new Map() };
      this.#kinds.push(best);
    }
    this.#kindOf.set(topology, best);
    return best;
  }
}

function placesOf(topology: Topology): Map<string, number> {
  const places = new Map<string, number>();
  topology.nodes.forEach((n, i) => {
    if (!places.has(n.key)) places.set(n.key, i);
  });
  return places;
}

const NONE: ReadonlySet<number> = new Set();

function lay(topology: Topology, { whole, places }: Kind): Shape {
  if (topology === whole)
    return {
      topology,
      whole,
      ghosts: null,
      absent: NONE,
      place: null,
      rank: structureOf(whole).rank,
    };
  const place = Int32Array.from(topology.nodes, (n) => places.get(n.key)!);
  const rank = new Int32Array(whole.nodes.length).fill(-1);
  const here = new Set<number>();
  const nodes = whole.nodes.slice();
  let ops = 0;
  topology.nodes.forEach((n, i) => {
    const at = place[i];
    here.add(at);
    if (n.kind === 'op') rank[at] = ops++;
    const { group } = whole.nodes[at];
    nodes[at] = { ...n, group, origin: n.origin >= 0 ? (place[n.origin] ?? -1) : -1 };
  });
  const ghosts = new Set<number>();
  // Parameters and inputs are there before any step; what was not made is a ghost.
  whole.nodes.forEach((n, i) => {
    if (n.kind === 'op' && !here.has(i)) ghosts.add(i);
  });
  const present = new Set<number>();
  for (const e of topology.edges) present.add(edgeName(whole, place[e.source], place[e.target]));
  const absent = new Set<number>();
  for (const e of whole.edges) {
    const name = edgeName(whole, e.source, e.target);
    if (!present.has(name)) absent.add(name);
  }
  const laid = {
    ...whole,
    hash: topology.hash,
    step: topology.step,
    complete: topology.complete,
    nodes,
  };
  shareStructure(laid, whole);
  return { topology: laid, whole, ghosts: ghosts.size ? ghosts : null, absent, place, rank };
}

/** Everything of both. What is new goes before what follows it in its own program; `whole` itself
 * where there is nothing new. */
function merge(whole: Topology, other: Topology, places: Map<string, number>): Topology {
  const before = new Map<number, Node[]>();
  let fresh: Node[] = [];
  const flush = (at: number) => {
    if (fresh.length) before.set(at, [...(before.get(at) ?? []), ...fresh]);
    fresh = [];
  };
  const seen = new Set<string>();
  for (const n of other.nodes) {
    if (seen.has(n.key)) continue;
    seen.add(n.key);
    const at = places.get(n.key);
    if (at === undefined) fresh.push(n);
    else flush(at);
  }
  flush(whole.nodes.length);

  const groups: Group[] = whole.groups.slice();
  const groupAt = new Map(groups.map((g, i) => [g.key, i]));
  const groupOf = other.groups.map((g, i) => {
    const at = groupAt.get(g.key);
    if (at !== undefined) return at;
    groups.push({ ...g, parent: g.parent >= 0 && g.parent < i ? -2 - g.parent : -1 });
    groupAt.set(g.key, groups.length - 1);
    return groups.length - 1;
  });
  // A parent of the other graph's, by its place among all groups.
  for (let i = whole.groups.length; i < groups.length; i++) {
    const { parent } = groups[i];
    if (parent < -1) groups[i] = { ...groups[i], parent: groupOf[-2 - parent] };
  }

  const nodes: Node[] = [];
  const moved = new Int32Array(whole.nodes.length);
  const put = (list: Node[] | undefined) => {
    for (const n of list ?? []) nodes.push({ ...n, group: groupOf[n.group] ?? -1, origin: -1 });
  };
  whole.nodes.forEach((n, i) => {
    put(before.get(i));
    moved[i] = nodes.length;
    nodes.push(n);
  });
  put(before.get(whole.nodes.length));

  const at = new Map(nodes.map((n, i) => [n.key, i]));
  for (const i of moved) {
    const n = nodes[i];
    if (n.origin >= 0) nodes[i] = { ...n, origin: moved[n.origin] };
  }
  const edges: Edge[] = whole.edges.map((e) => ({
    ...e,
    source: moved[e.source] ?? -1,
    target: moved[e.target] ?? -1,
  }));
  const known = new Set(edges.map((e) => `${e.source}>${e.target}`));
  const key = (i: number) => at.get(other.nodes[i]?.key) ?? -1;
  for (const e of other.edges) {
    const [source, target] = [key(e.source), key(e.target)];
    const name = `${source}>${target}`;
    if (known.has(name)) continue;
    known.add(name);
    edges.push({ ...e, source, target });
  }
  if (nodes.length === whole.nodes.length && edges.length === whole.edges.length) return whole;
  const both = (a: number[], b: number[]) => [
    ...new Set([...a.map((i) => moved[i] ?? -1), ...b.map(key)]),
  ];
  return {
    ...whole,
    hash: `${whole.hash}+${other.hash}`.slice(-64),
    nodes,
    edges,
    groups,
    losses: both(whole.losses, other.losses),
    parameters: both(whole.parameters, other.parameters),
    complete: whole.complete || other.complete,
  };
}

const lifted = new WeakMap<Numbers, { shape: Shape; numbers: Numbers }>();

/** The numbers of a step, aligned with the nodes of its shape. */
export function lift(numbers: Numbers, step: Topology, shape: Shape): Numbers {
  const { place, whole } = shape;
  if (!place) return numbers;
  const known = lifted.get(numbers);
  if (known?.shape === shape) return known.numbers;
  const count = whole.nodes.length;
  const columns = STATISTICS.length;
  const spread = (from: Float32Array) => {
    const to = new Float32Array(count * columns).fill(NaN);
    place.forEach((at, i) => to.set(from.subarray(i * columns, (i + 1) * columns), at * columns));
    return to;
  };
  const present = new Uint8Array(count);
  place.forEach((at, i) => (present[at] = numbers.present[i]));
  const pick = (wanted: number[], had: number[], row: ArrayLike<number>) => {
    const at = new Map(had.map((node, i) => [place[node], row[i]]));
    return wanted.map((node) => at.get(node) ?? NaN);
  };
  const result: Numbers = {
    ...numbers,
    values: spread(numbers.values),
    gradients: spread(numbers.gradients),
    present,
    order: numbers.order.map((node) => place[node]),
    update: Float32Array.from(pick(whole.parameters, step.parameters, numbers.update)),
    losses: Float64Array.from(pick(whole.losses, step.losses, numbers.losses)),
    histograms: new Uint8Array(0),
    seconds: new Float32Array(0),
  };
  lifted.set(numbers, { shape, numbers: result });
  return result;
}

/** What one shape has and another of its kind has not. */
export interface Difference {
  added: ReadonlySet<number>;
  removed: ReadonlySet<number>;
}

export function differenceOf(shape: Shape, before: Shape): Difference | null {
  if (shape.whole !== before.whole || shape === before) return null;
  const [now, then] = [shape.ghosts ?? NONE, before.ghosts ?? NONE];
  return {
    added: new Set([...then].filter((i) => !now.has(i))),
    removed: new Set([...now].filter((i) => !then.has(i))),
  };
}
