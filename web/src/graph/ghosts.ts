// A step that failed, laid over a whole step of the same program: what it did not reach is drawn as
// ghosts. Only where every node of the failed step is known from the whole one: a guess is no ghost.

import type { Topology } from '../protocol';

export interface Merged {
  topology: Topology;
  ghosts: ReadonlySet<number> | null;
}

const known = new WeakMap<Topology, { complete: Topology; merged: Merged }>();

export function ghostsOf(topology: Topology, complete: Topology | null): Merged {
  if (topology.complete || !complete || complete === topology || !complete.complete)
    return { topology, ghosts: null };
  const before = known.get(topology);
  if (before?.complete === complete) return before.merged;
  const merged = merge(topology, complete);
  known.set(topology, { complete, merged });
  return merged;
}

function merge(topology: Topology, complete: Topology): Merged {
  const reached = new Map(topology.nodes.map((n, i) => [n.key, i]));
  const keys = new Set(complete.nodes.map((n) => n.key));
  if (topology.nodes.some((n) => !keys.has(n.key))) return { topology, ghosts: null };
  const ghosts = new Set<number>();
  const nodes = complete.nodes.map((n, i) => {
    const at = reached.get(n.key);
    if (at !== undefined) return { ...topology.nodes[at], group: n.group };
    // Parameters are there before any step; what was not made is a ghost.
    if (n.kind === 'op') ghosts.add(i);
    return n;
  });
  return {
    topology: { ...complete, hash: `${topology.hash}+${complete.hash}`, nodes, complete: false },
    ghosts,
  };
}
