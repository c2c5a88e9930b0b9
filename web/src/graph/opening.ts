// Which groups are open: runs of equal groups are gathered into stacks, turns of a loop into one
// loop, and groups are opened, the widest first, until the stage is full enough.

import type { Structure, Unit } from './structure';

/** Equal groups in a row that become a stack: one after the other, or side by side (q, k and v do not). */
const STACK = 3;
const ABREAST = 6;

/** What a unit holds, one row of it: a node, a unit, or several units that are shown as one. */
export interface Entry {
  /** -1 for a node or several units. */
  unit: number;
  several: number[] | null;
  /** The several units are turns of one loop: one of them is shown when it is open. */
  turns: boolean;
  node: number;
}

/** Overrides of what is open at first, by `Box.toggle`. */
export type Opened = ReadonlyMap<string, boolean>;

interface Gathered {
  entries: Map<number, Entry[]>;
  /** A group in a turn of a loop is opened in all turns: it has the key of the first one's. */
  alias: Map<number, number>;
}

const known = new WeakMap<Structure, Gathered>();

function gatheredOf(structure: Structure): Gathered {
  let gathered = known.get(structure);
  if (!gathered) known.set(structure, (gathered = { entries: new Map(), alias: new Map() }));
  return gathered;
}

/** The children of a unit, with runs of equal groups gathered. */
export function entriesOf(structure: Structure, unit: number): Entry[] {
  const { entries } = gatheredOf(structure);
  let list = entries.get(unit);
  if (!list) entries.set(unit, (list = gather(structure, unit)));
  return list;
}

/** What a unit is opened and closed by. */
export function keyOf(structure: Structure, unit: number): string {
  return structure.units[gatheredOf(structure).alias.get(unit) ?? unit].key;
}

/** Let a turn's groups be opened as those of the first turn. */
function aliasTurn(structure: Structure, first: number, turn: number): void {
  const { units } = structure;
  const { alias } = gatheredOf(structure);
  const inside = (u: number) => units[u].items.flatMap((item) => (item < 0 ? [~item] : []));
  const pairs: [number, number][] = [[first, turn]];
  for (const [a, b] of pairs) {
    alias.set(b, alias.get(a) ?? a);
    const [from, to] = [inside(a), inside(b)];
    from.forEach((u, i) => {
      if (to[i] !== undefined && units[to[i]].name === units[u].name) pairs.push([u, to[i]]);
    });
  }
}

function gather(structure: Structure, unit: number): Entry[] {
  const { units } = structure;
  const entries: Entry[] = [];
  const { items } = units[unit];
  for (let i = 0; i < items.length;) {
    const item = items[i];
    if (item >= 0) {
      entries.push({ unit: -1, several: null, turns: false, node: item });
      i++;
      continue;
    }
    const first = units[~item];
    const run = (same: (u: Unit) => boolean): number[] => {
      let end = i + 1;
      while (end < items.length && items[end] < 0 && same(units[~items[end]])) end++;
      return items.slice(i, end).map((x) => ~x);
    };
    const turns = first.kind === 'loop' ? run((u) => isTurn(first, u)) : [];
    const equal = first.fold ? run((u) => u.fold === first.fold) : [];
    if (turns.length > 1) {
      for (const turn of turns.slice(1)) aliasTurn(structure, turns[0], turn);
      entries.push({ unit: -1, several: turns, turns: true, node: -1 });
      i += turns.length;
    } else if (equal.length >= (isChain(structure, equal) ? STACK : ABREAST)) {
      entries.push({ unit: -1, several: equal, turns: false, node: -1 });
      i += equal.length;
    } else {
      entries.push({ unit: ~item, several: null, turns: false, node: -1 });
      i++;
    }
  }
  return entries;
}

function isTurn(first: Unit, other: Unit): boolean {
  return (
    other.kind === 'loop' && other.line === first.line && nameOfAll(other) === nameOfAll(first)
  );
}

/** What equal groups have in common: the class of modules, a loop without the number of its turn. */
export function nameOfAll(unit: Unit): string {
  return unit.title || unit.name.replace(/ \(\d+\)$/, '');
}

export function keyOfAll(structure: Structure, several: number[], turns: boolean): string {
  // A loop is the same one however often it runs.
  return `${keyOf(structure, several[0])}×${turns ? '' : several.length}`;
}

/** The one op of a unit that holds nothing else, -1 otherwise. */
export function single({ units, rank }: Structure, unit: number): number {
  for (let u = unit; ;) {
    const { items, size } = units[u];
    if (size !== 1 || items.length !== 1) return -1;
    const item = items[0];
    if (item >= 0) return rank[item] >= 0 ? item : -1;
    u = ~item;
  }
}

export function isChain(structure: Structure, run: number[]): boolean {
  return run.every((u, i) => !i || feeds(structure, run[i - 1], u));
}

function feeds({ units, targets, unitOf }: Structure, a: number, b: number): boolean {
  return (targets[units[a].output] ?? []).some((t) => {
    for (let p = unitOf[t]; p >= 0; p = units[p].parent) if (p === b) return true;
    return false;
  });
}

/**
 * Decide what is open: what the user said, else the widest groups first until the budget is used,
 * equal siblings all or none. What the user opens or closes changes nothing else: the budget counts
 * what is open without them, and what they open shows its groups closed.
 */
export function openPlan(
  structure: Structure,
  opened: Opened,
  budget: number,
): { open: (key: string) => boolean } {
  const { units } = structure;
  const open = new Set<string>();
  const queue = entriesOf(structure, 0).map((entry) => ({ entry, byUser: false }));
  let boxes = costOf(queue.map(({ entry }) => entry));
  const decided = new Map<string, boolean>();
  const opens = (unit: number): boolean =>
    !units[unit].engine && units[unit].kind !== 'part' && single(structure, unit) < 0;
  const atFirst = (unit: number): boolean => {
    if (!opens(unit)) return false;
    const { parent, kind, title } = units[unit];
    const alike = `${parent} ${kind} ${title}`;
    let decision = decided.get(alike);
    if (decision === undefined) {
      const siblings = entriesOf(structure, parent).flatMap((e) => (e.unit > 0 ? [e.unit] : []));
      const more = siblings
        .filter((u) => units[u].kind === kind && units[u].title === title && opens(u))
        .reduce((sum, u) => sum + costOf(entriesOf(structure, u)) - 1, 0);
      decision = boxes + more <= budget;
      if (decision) boxes += more;
      decided.set(alike, decision);
    }
    return decision;
  };
  /** One turn of a loop says more than a row of cells, where it fits. */
  const loopAtFirst = (several: number[]): boolean => {
    if (structure.units[several.at(-1)!].size < 2) return false;
    const more = costOf(entriesOf(structure, several.at(-1)!)) + 1;
    if (boxes + more > budget) return false;
    boxes += more;
    return true;
  };
  for (const { entry, byUser } of queue) {
    const { unit, several, turns } = entry;
    const key = several
      ? keyOfAll(structure, several, turns)
      : unit > 0
        ? keyOf(structure, unit)
        : '';
    if (!key || (unit > 0 && single(structure, unit) >= 0)) continue;
    const first = !byUser && (several ? turns && loopAtFirst(several) : atFirst(unit));
    const now = opened.get(key) ?? first;
    if (now) open.add(key);
    // What the user closed is looked through all the same: its share of the budget stays its own.
    if (!now && !first) continue;
    const inside = !several
      ? entriesOf(structure, unit)
      : turns
        ? entriesOf(structure, several.at(-1)!)
        : several.map((u) => ({ unit: u, several: null, turns: false, node: -1 }));
    for (const child of inside) queue.push({ entry: child, byUser: byUser || !first });
  }
  return { open: (key) => open.has(key) };
}

/** A stack is as tall as a few boxes. */
function costOf(entries: Entry[]): number {
  return entries.reduce(
    (sum, e) => sum + (e.several && !e.turns ? 1 + Math.min(e.several.length, 24) / 6 : 1),
    0,
  );
}
