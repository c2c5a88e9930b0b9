/** Which rows a map has now: those of all graphs that were recorded, folded as the user wants it. */

import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Numbers } from '../protocol';
import { isOpen } from './draw';
import type { TopologyOf } from './matrix';
import { isBranch, openDepth, rowsOf, treeOf, type Branch, type Row, type Subject } from './rows';

/** Groups that the user opened (true) or closed (false), while the page is open. */
const opened = new SvelteMap<string, boolean>();

export interface Given {
  steps: readonly Numbers[];
  /** Rises with every recorded step. */
  version: number;
  topologyOf: TopologyOf;
  subject: Subject;
  /** Rows that are seen at first. */
  most: number;
}

export class Table {
  readonly #given: () => Given;

  /** Hashes of the graphs, the newest first: its order is that of the stage. */
  readonly #hashes: string = $derived.by(() => {
    const { steps, version } = this.#given();
    void version;
    const seen = new Set<string>();
    for (let i = steps.length - 1; i >= 0; i--) seen.add(steps[i].topology);
    return [...seen].join(' ');
  });

  readonly #tree: Branch = $derived.by(() => {
    const hashes = this.#hashes.split(' ');
    const { subject, topologyOf } = this.#given();
    return untrack(() =>
      treeOf(
        hashes.flatMap((hash) => topologyOf(hash) ?? []),
        subject,
      ),
    );
  });

  readonly rows: readonly Row[] = $derived.by(() => {
    const depth = openDepth(this.#tree, this.#given().most);
    return rowsOf(this.#tree, (group) => opened.get(group.key) ?? group.depth < depth);
  });

  /** To be made while a component is. */
  constructor(given: () => Given) {
    this.#given = given;
  }

  toggle(index: number): void {
    const row = this.rows[index];
    if (row && isBranch(row)) opened.set(row.key, !isOpen(this.rows, index));
  }
}
