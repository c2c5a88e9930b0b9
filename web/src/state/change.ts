/** Why a step's graph is another than the one before: the line whose choice differs. */

import type { Node, Topology } from '../protocol';

/** The condition or loop on which it hangs whether a node is made; 0 where none is known. */
function branchOf(node: Node): number {
  for (let i = node.frames.length - 1; i >= 0; i--)
    if (node.frames[i].branch) return node.frames[i].branch;
  return 0;
}

/** In one clause what became different from `before` to `after`. */
export function changeText(before: Topology, after: Topology): string {
  const ops = (topology: Topology): Node[] => topology.nodes.filter((node) => node.kind === 'op');
  const had = new Set(before.nodes.map((node) => node.key));
  const has = new Set(after.nodes.map((node) => node.key));
  const added = ops(after).filter((node) => !had.has(node.key));
  const removed = ops(before).filter((node) => !has.has(node.key));
  const first = added.find(branchOf) ?? removed.find(branchOf);
  if (first) {
    const line = branchOf(first);
    // The same places of the program, only more or fewer times, is a loop.
    const base = ({ key }: Node): string => key.replace(/#\d+$/, '');
    const known = new Set(
      [...before.nodes, ...after.nodes].filter((n) => had.has(n.key) && has.has(n.key)).map(base),
    );
    const again = [...added, ...removed].every((node) => known.has(base(node)));
    if (again) return `line ${line} ran ${added.length ? 'more' : 'fewer'} turns`;
    return `line ${line} took another branch`;
  }
  if (added.length || removed.length) {
    const count = (n: number): string => `${n} operation${n === 1 ? '' : 's'}`;
    return [
      added.length && `${count(added.length)} more`,
      removed.length && `${count(removed.length)} fewer`,
    ]
      .filter(Boolean)
      .join(', ');
  }
  return 'other shapes';
}

/** "A", "B", ..., "Z", "AA": the name of the nth graph of a run. */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
