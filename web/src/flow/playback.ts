// How far the light has come: which nodes the forward pass has made, or the backward pass has
// reached, at a place of the time cursor, and how a played pass moves on from hop to hop.

import type { Numbers, Topology } from '../protocol';
import { structureOf } from '../graph/structure';

export type Phase = 'forward' | 'backward' | 'update' | 'end';

/** `op` counts what is done: ops made in `forward`, entries of `Numbers.order` in `backward`. */
export interface Cursor {
  phase: Phase;
  op: number;
}

/** How many places the cursor has in a phase. */
export function phaseLength(topology: Topology, numbers: Numbers | null, phase: Phase): number {
  if (phase === 'forward') return structureOf(topology).ops;
  if (phase === 'backward') return numbers?.order.length ?? 0;
  return phase === 'update' && numbers?.update.length ? 1 : 0;
}

export type Stand =
  | 'unmade' // the forward pass has not come here
  | 'made' // made, and no light is shown yet
  | 'waiting' // the backward pass has not come here
  | 'arriving' // the light runs towards it now
  | 'active' // the backward pass is here
  | 'lit';

/** The light at one place of the cursor. Asked per node; a box asks for the node it shows. */
export class Light {
  /** The node that the backward pass is at, -1 for none. */
  readonly active: number = -1;
  private readonly place: Int32Array;
  private readonly arriving = new Set<number>();
  private readonly played: boolean;

  constructor(
    private readonly topology: Topology,
    numbers: Numbers | null,
    readonly cursor: Cursor,
    /** Place of an op in the step's program order, where its graph lacks some of the topology's. */
    private readonly rank: Int32Array = structureOf(topology).rank,
  ) {
    this.place = new Int32Array(topology.nodes.length).fill(-1);
    this.played = !!numbers && numbers.order.length > 0;
    numbers?.order.forEach((node, i) => {
      if (node >= 0 && node < this.place.length && this.place[node] < 0) this.place[node] = i;
    });
    if (cursor.phase === 'backward' && numbers && cursor.op > 0) {
      const { rank, sources } = structureOf(topology);
      // While gradients are written into leaves no operation is at work.
      const last = numbers.order[Math.min(cursor.op, numbers.order.length) - 1];
      if (rank[last] >= 0) this.active = last;
      for (const source of sources[this.active] ?? []) {
        if (this.place[source] >= cursor.op) this.arriving.add(source);
      }
    }
  }

  /** A pass ran backward in this step. */
  get ran(): boolean {
    return this.played;
  }

  stand(node: number): Stand {
    if (node < 0) return 'made';
    const { phase, op } = this.cursor;
    if (phase === 'forward') {
      if (this.rank[node] < 0) return 'made';
      return this.rank[node] < op ? 'made' : 'unmade';
    }
    if (!this.played) return 'made';
    if (phase !== 'backward') return 'lit';
    const place = this.reach(node);
    if (node === this.active) return 'active';
    if (place < op) return 'lit';
    return this.arriving.has(node) ? 'arriving' : 'waiting';
  }

  /** When the gradient of a node is there: a parameter's is with its last reader. */
  reach(node: number): number {
    const own = this.place[node];
    if (own >= 0 && structureOf(this.topology).rank[node] >= 0) return own;
    let last = -1;
    for (const t of structureOf(this.topology).targets[node] ?? [])
      last = Math.max(last, this.place[t]);
    return last >= 0 ? last : own >= 0 ? own : Infinity;
  }

  /** Whether the gradient of a parameter is in its `.grad`: the engine may write that later. */
  written(node: number): boolean {
    if (this.cursor.phase !== 'backward') return this.cursor.phase !== 'forward' && this.played;
    const own = this.place[node];
    return (own >= 0 ? own : this.reach(node)) < this.cursor.op;
  }
}

/** The order in which boxes are reached (`rank`: what is an op), from 1, for the numbers beside the edges. */
export function boxOrder(
  numbers: Numbers | null,
  boxOf: Int32Array,
  rank: Int32Array,
): Map<number, number> {
  const order = new Map<number, number>();
  numbers?.order.forEach((node) => {
    const box = boxOf[node];
    if (box >= 0 && rank[node] >= 0 && !order.has(box)) order.set(box, order.size + 1);
  });
  return order;
}

/** A place where a played step rests, and for how many hops. */
export interface Stop extends Cursor {
  hops: number;
}

const FORWARD_HOPS = 0.6;
/** A gradient is written into a leaf. */
const WRITE_HOPS = 0.3;
const UPDATE_HOPS = 4;
const PHASES: readonly Phase[] = ['forward', 'backward', 'update', 'end'];

/**
 * The stops of a whole step: operations as they were made, then as the engine ran backward, then
 * the update. Consecutive ones in the same box are one stop, so that a closed group is one hop.
 */
export function routeOf(
  topology: Topology,
  numbers: Numbers,
  boxOf: Int32Array,
  rank: Int32Array = structureOf(topology).rank,
): Stop[] {
  const made = topology.nodes.flatMap((_, node) => (rank[node] >= 0 ? [node] : []));
  made.sort((a, b) => rank[a] - rank[b]);
  const forward = stopsAlong(made, boxOf, rank);
  const backward = stopsAlong(numbers.order, boxOf, rank);
  const updated = numbers.update.some((ratio) => !Number.isNaN(ratio));
  return [
    ...forward.map((op): Stop => ({ phase: 'forward', op, hops: FORWARD_HOPS })),
    ...backward.map((op): Stop => {
      const hops = rank[numbers.order[op - 1]] >= 0 ? 1 : WRITE_HOPS;
      return { phase: 'backward', op, hops };
    }),
    ...(updated
      ? [{ phase: 'update' as const, op: topology.parameters.length, hops: UPDATE_HOPS }]
      : []),
  ];
}

function stopsAlong(nodes: ArrayLike<number>, boxOf: Int32Array, rank: Int32Array): number[] {
  const list: number[] = [];
  let before = -1;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    const box = boxOf[node];
    // What is no operation is a parameter whose gradient is written.
    if (list.length && rank[node] >= 0 && box === before) list[list.length - 1] = i + 1;
    else list.push(i + 1);
    before = rank[node] >= 0 ? box : -1;
  }
  return list;
}

/** Whether a place of the cursor lies before another one. */
export function isBefore(a: Cursor, b: Cursor): boolean {
  const [pa, pb] = [PHASES.indexOf(a.phase), PHASES.indexOf(b.phase)];
  return pa < pb || (pa === pb && a.op < b.op);
}

/** The stop after (1) or before (-1) a place; null past either end. */
export function neighbourStop(route: readonly Stop[], at: Cursor, by: 1 | -1): Stop | null {
  if (by > 0) return route.find((stop) => isBefore(at, stop)) ?? null;
  return route.findLast((stop) => isBefore(stop, at)) ?? null;
}

/** At the usual speed a step is never played for longer. */
const LONGEST_MS = 12_000;

/** When each stop of a route is over, in ms at the usual speed. */
export function timesOf(route: readonly Stop[], hop: number, settle: number): Float64Array {
  // A hop is the run along the edge and a share of the settling; long steps go faster.
  const each = hop + settle / 2;
  const hops = route.reduce((sum, stop) => sum + stop.hops, 0);
  const share = Math.min(1, LONGEST_MS / Math.max(1, hops * each));
  let at = 0;
  return Float64Array.from(route, (stop) => (at += stop.hops * each * share));
}

/** Where a played step is after `elapsed` ms: the stop, and how far the light is on its way (0..1). */
export function playAt(
  times: Float64Array,
  elapsed: number,
  hop: number,
  settle: number,
): { stop: number; way: number; done: boolean } {
  const stop = times.findIndex((end) => elapsed < end);
  if (stop < 0) return { stop: times.length - 1, way: 1, done: true };
  const began = stop > 0 ? times[stop - 1] : 0;
  const run = ((times[stop] - began) * hop) / (hop + settle / 2);
  return { stop, way: run > 0 ? Math.min(1, (elapsed - began) / run) : 1, done: false };
}
