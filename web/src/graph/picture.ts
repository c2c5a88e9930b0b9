// One frame of the stage as data: what is drawn, how it looks now, and from where. `draw.ts` turns
// it into pixels; nothing here touches a canvas.

import type { Numbers } from '../protocol';
import { gradientOf, nonfiniteCount, normOf, valueOf, type Reading } from '../flow/scale';
import type { Light } from '../flow/playback';
import { isInside } from './connect';
import type { LayoutResult } from './layout';
import type { Metrics } from './metrics';
import type { Box, Link, Scene } from './model';

/** World to screen: x * k + this.x. */
export interface View {
  k: number;
  x: number;
  y: number;
}

/** A word beside a box: who made the first NaN, who inherited it, what failed. */
export interface Note {
  title: string;
  text: string;
  serious: boolean;
}

export interface Picture {
  scene: Scene;
  layout: LayoutResult;
  metrics: Metrics;
  numbers: Numbers | null;
  /** The numbers shown before, while colours fade over; null when they are settled. */
  before: Numbers | null;
  fade: number;
  light: Light;
  order: Map<number, number>;
  /** How far the light is on its way from the active box, and the active box's settling. */
  way: number;
  notes: Map<number, Note>;
  selected: number;
  selectedNode: number;
  hovered: number;
  focused: number;
  /** Boxes that stay bright while the others step back; null: all do. */
  bright: ReadonlySet<number> | null;
  /** Boxes that have just come, and how far they have, 0 to 1. */
  fresh: ReadonlySet<number> | null;
  appear: number;
  /** What this graph has and the compared one has not, and the other way round; by box. */
  added: ReadonlySet<number> | null;
  removed: ReadonlySet<number> | null;
  /** What is said of a box that this step lacks. */
  missing: string;
  /** Boxes of a recorded backward pass and of what they came from, to be joined. */
  origins: readonly (readonly [number, number])[];
  /** How many nodes of each box were searched for and found. */
  matches: ReadonlyMap<number, number> | null;
}

const keys = new WeakMap<Scene, { nodes: Map<string, number>; boxes: Map<string, number> }>();

function keysOf(scene: Scene) {
  let known = keys.get(scene);
  if (!known) {
    known = {
      nodes: new Map(scene.topology.nodes.map((n, i) => [n.key, i])),
      boxes: new Map(scene.boxes.map((b, i) => [b.key, i])),
    };
    keys.set(scene, known);
  }
  return known;
}

export function nodeWithKey(scene: Scene, key: string | null): number {
  return key === null ? -1 : (keysOf(scene).nodes.get(key) ?? -1);
}

/** The box that stands for a key: of a box, or of a node wherever it is shown. */
export function boxWithKey(scene: Scene, key: string | null): number {
  if (key === null) return -1;
  const box = keysOf(scene).boxes.get(key);
  if (box !== undefined) return box;
  const node = nodeWithKey(scene, key);
  return node < 0 ? -1 : scene.boxOf[node];
}

/** The boxes of a line: those made on it, else those made through it. */
export function brightOf(scene: Scene, line: number | null): Set<number> | null {
  if (!line) return null;
  const on = new Set<number>();
  const through = new Set<number>();
  scene.topology.nodes.forEach((node, i) => {
    const box = scene.boxOf[i];
    if (box < 0) return;
    if (node.frames.at(-1)?.line === line) on.add(box);
    else if (node.frames.some((f) => f.line === line)) through.add(box);
  });
  const bright = on.size ? on : through;
  if (!bright.size) return null;
  for (const [i, box] of scene.boxes.entries())
    if (box.kind === 'loss' && bright.has(scene.boxOf[box.node])) bright.add(i);
  return bright;
}

/** Whether a group around a bright box is bright, too. */
export function isBright(picture: Picture, index: number): boolean {
  const { bright, scene } = picture;
  if (!bright || bright.has(index)) return true;
  if (scene.boxes[index].kind !== 'open') return false;
  for (const b of bright)
    for (let p = b; p >= 0; p = scene.boxes[p].parent) if (p === index) return true;
  return false;
}

/**
 * Which values are no numbers and go on as such into a loss. The others are meant, as the -inf of a
 * mask before a softmax. A step without a loss (the program raised) hides nothing.
 */
function reachesLoss({ topology, structure }: Scene, numbers: Numbers): boolean[] {
  const bad = topology.nodes.map((_, i) => valueOf(numbers, i).mark === 'nonfinite');
  if (!topology.losses.length) return bad;
  const reaches = topology.nodes.map(() => false);
  const todo = topology.losses.filter((loss) => bad[loss]);
  while (todo.length) {
    const node = todo.pop()!;
    if (reaches[node]) continue;
    reaches[node] = true;
    todo.push(...structure.sources[node].filter((source) => bad[source]));
  }
  return reaches;
}

/** A box with all that reads it, all that it reads, and what it came from. */
export function neighboursOf(scene: Scene, at: number): Set<number> {
  const { boxOf, structure } = scene;
  const near = new Set([at]);
  for (const { source, target } of [...scene.links, ...scene.carries]) {
    if (source === at) near.add(target);
    if (target === at) near.add(source);
  }
  const { node, kind } = scene.boxes[at];
  if (kind === 'op') {
    for (const other of [...structure.sources[node], ...structure.targets[node]])
      if (boxOf[other] >= 0) near.add(boxOf[other]);
  }
  for (const pair of originsOf(scene, at)) for (const box of pair) near.add(box);
  if (kind === 'open')
    scene.boxes.forEach((_, i) => {
      if (isInside(scene.boxes, at, i)) near.add(i);
    });
  return near;
}

/** The box's pairs of an operation in a recorded backward pass and the one that it came from. */
export function originsOf(scene: Scene, at: number): [number, number][] {
  if (at < 0) return [];
  const { boxOf, boxes, topology } = scene;
  const mine = (box: number) => box === at || isInside(boxes, at, box);
  const pairs = new Map<string, [number, number]>();
  topology.nodes.forEach((node, i) => {
    if (node.origin < 0) return;
    const [back, front] = [boxOf[i], boxOf[node.origin] ?? -1];
    if (back < 0 || front < 0 || back === front) return;
    if (mine(back) || mine(front)) pairs.set(`${front}>${back}`, [front, back]);
  });
  return [...pairs.values()];
}

export function notesOf(
  scene: Scene,
  numbers: Numbers | null,
  error: { node: string; sentence: string } | null,
): Map<number, Note> {
  const notes = new Map<number, Note>();
  const { topology, structure, boxOf } = scene;
  if (numbers) {
    let first = true;
    const alarming = reachesLoss(scene, numbers);
    topology.nodes.forEach((node, i) => {
      if (structure.rank[i] < 0) return;
      if (!alarming[i]) return;
      const value = valueOf(numbers, i);
      const inherited = structure.sources[i].some((s) => valueOf(numbers, s).mark === 'nonfinite');
      const box = boxOf[i];
      if (box < 0 || notes.get(box)?.serious) return;
      if (inherited)
        notes.set(box, { title: '', text: `value ${value.text}, inherited`, serious: false });
      else {
        const of = node.shape.reduce((a, b) => a * b, 1);
        const text =
          of === 1
            ? 'its inputs are finite'
            : `${nonfiniteCount(numbers.values, i)} of ${of.toLocaleString('en-US')} values`;
        notes.set(box, { title: first ? `first ${value.text}` : value.text, text, serious: true });
        first = false;
      }
    });
  }
  const failed = error ? nodeWithKey(scene, error.node) : topology.nodes.findIndex((n) => n.failed);
  if (failed >= 0 && boxOf[failed] >= 0) {
    notes.set(boxOf[failed], {
      title: '',
      text: error?.sentence ?? 'raised an error',
      serious: true,
    });
  }
  return notes;
}

/** The reading of a box's gradient: of the node whose value leaves it. */
export function readingOf(picture: Picture, node: number): Reading {
  return gradientOf(picture.numbers, node);
}

/** The level that is shown while colours fade from one step's to the next's. */
export function shownLevel(picture: Picture, node: number, level: number): number {
  if (!picture.before || picture.fade >= 1) return level;
  const old = gradientOf(picture.before, node);
  return old.mark === 'finite' ? old.level + (level - old.level) * picture.fade : level;
}

/** The gradient of a link: of the strongest value that flows along it. */
export function linkReading(
  picture: Picture,
  { nodes, target }: Pick<Link, 'nodes' | 'target'>,
): { node: number; reading: Reading; norm: number } {
  const { scene } = picture;
  // A value that is read more than once has the sum of what comes back: what a sum hands back
  // along this edge is known by itself, it is its own.
  const reader =
    scene.boxes[target].kind === 'op' ? scene.topology.nodes[scene.boxes[target].node] : null;
  const only = nodes.length === 1 ? scene.topology.nodes[nodes[0]] : null;
  if (reader && only && SUMS.has(reader.name) && scene.structure.targets[nodes[0]].length > 1) {
    const own = readingOf(picture, scene.boxes[target].node);
    const same = String(reader.shape) === String(only.shape);
    if (same && own.mark === 'finite' && readingOf(picture, nodes[0]).mark === 'finite')
      return { node: scene.boxes[target].node, reading: own, norm: normOf(reader, own.rms) };
  }
  let best = { node: nodes[0], reading: readingOf(picture, nodes[0]), norm: 0 };
  for (const node of nodes) {
    const reading = readingOf(picture, node);
    if (reading.mark === 'nonfinite') return { node, reading, norm: NaN };
    const norm =
      reading.mark === 'finite' ? normOf(picture.scene.topology.nodes[node], reading.rms) : 0;
    if (norm > best.norm || (best.reading.mark === 'none' && reading.mark !== 'none'))
      best = { node, reading, norm };
  }
  return best;
}

/** Operations that hand their own gradient back to what they add up. */
const SUMS = new Set(['add', 'add_', 'sub', 'sub_', 'neg']);

/** log10 rms of every gradient on the stage that the light has come to, for the legend. */
export function levelsOf(scene: Scene, numbers: Numbers | null, light: Light): number[] {
  if (!light.ran || light.cursor.phase === 'forward') return [];
  return scene.boxes.flatMap((box) => {
    if (box.kind === 'open' || box.kind === 'loss') return [];
    return [box.node, ...box.chips.flatMap((chip) => chip.nodes), ...box.cells]
      .filter((node) => ['lit', 'active'].includes(light.stand(node)))
      .map((node) => gradientOf(numbers, node))
      .filter((reading) => reading.mark === 'finite')
      .map((reading) => reading.level);
  });
}

/** The weakest over the strongest of a stack: what a vanishing or exploding gradient costs. */
export function stackRatio(
  picture: Picture,
  box: Box,
): { ratio: number; from: string; to: string } | null {
  let [low, high] = [Infinity, 0];
  let [lowAt, highAt] = [-1, -1];
  box.cells.forEach((node, i) => {
    const { mark, rms } = readingOf(picture, node);
    if (mark !== 'finite') return;
    if (rms < low) [low, lowAt] = [rms, i];
    if (rms > high) [high, highAt] = [rms, i];
  });
  if (lowAt < 0 || high / low < 1000) return null;
  return { ratio: high / low, from: box.labels[highAt], to: box.labels[lowAt] };
}
