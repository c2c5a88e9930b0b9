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
  ) {
    this.place = new Int32Array(topology.nodes.length).fill(-1);
    this.played = !!numbers && numbers.order.length > 0;
    numbers?.order.forEach((node, i) => {
      if (node >= 0 && node < this.place.length && this.place[node] < 0) this.place[node] = i;
    });
    if (cursor.phase === 'backward' && numbers && cursor.op > 0) {
      const { rank, sources } = structureOf(topology);
      for (let i = Math.min(cursor.op, numbers.order.length) - 1; i >= 0 && this.active < 0; i--) {
        if (rank[numbers.order[i]] >= 0) this.active = numbers.order[i];
      }
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
    const structure = structureOf(this.topology);
    if (phase === 'forward') {
      if (structure.rank[node] < 0) return 'made';
      return structure.rank[node] < op ? 'made' : 'unmade';
    }
    if (!this.played) return 'made';
    if (phase !== 'backward') return 'lit';
    const place = this.reach(node);
    if (node === this.active) return 'active';
    if (place < op) return 'lit';
    return this.arriving.has(node) ? 'arriving' : 'waiting';
  }

  /** When the gradient of a node is there; a parameter's with its last reader, where it has no own. */
  reach(node: number): number {
    const own = this.place[node];
    if (own >= 0) return own;
    let last = -1;
    for (const t of structureOf(this.topology).targets[node] ?? [])
      last = Math.max(last, this.place[t]);
    return last < 0 ? Infinity : last;
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

/** The cursor's stops while a pass is played: one for each box, so that closed groups are one hop. */
export function stops(numbers: Numbers, boxOf: Int32Array, rank: Int32Array): number[] {
  const list: number[] = [];
  let before = -1;
  numbers.order.forEach((node, i) => {
    if (rank[node] < 0) {
      if (list.length) list[list.length - 1] = i + 1;
      return;
    }
    const box = boxOf[node];
    if (box === before && list.length) list[list.length - 1] = i + 1;
    else list.push(i + 1);
    before = box;
  });
  return list;
}

const LONGEST_MS = 8_000;

/** Where a played pass is after `elapsed` ms: the stop, and how far the light is on its way (0..1). */
export function playAt(
  count: number,
  elapsed: number,
  hop: number,
  settle: number,
): { stop: number; way: number; done: boolean } {
  if (hop <= 0 || count === 0) return { stop: count, way: 1, done: true };
  // A hop is the run along the edge and a share of the settling; long passes go faster.
  const each = Math.min(hop + settle / 2, LONGEST_MS / count);
  const at = elapsed / each;
  const stop = Math.floor(at);
  if (stop >= count) return { stop: count, way: 1, done: true };
  return {
    stop: stop + 1,
    way: Math.min(1, ((at - stop) * each) / Math.min(hop, each)),
    done: false,
  };
}
