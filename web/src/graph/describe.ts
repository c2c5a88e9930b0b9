// The graph in words: a sentence for the picture, a line for each item of the outline.

import type { Cut, Node, Numbers } from '../protocol';
import { gradientOf, plain, valueOf, type Reading } from '../flow/scale';
import type { Cursor, Light } from '../flow/playback';
import type { Box, Chip, Scene } from './model';
import type { Shape } from './shapes';
import { lineOf, structureOf } from './structure';

/** "float32 [64, 32]" */
function shapeWords(node: Node): string {
  return `${node.dtype.replace(/^torch\./, '')} [${node.shape.join(', ')}]`;
}

function gradientWords(reading: Reading, node: Node, ran: boolean): string {
  if (reading.mark === 'finite') return `gradient rms ${reading.text}`;
  if (reading.mark === 'zero') return 'gradient zero';
  if (reading.mark === 'nonfinite') return `gradient ${reading.text}`;
  return ran && node.requires_grad
    ? 'no gradient reached it'
    : node.requires_grad
      ? ''
      : 'no gradient flows';
}

const CUTS: Record<Cut, string> = {
  '': '',
  detach: 'detach',
  no_grad: 'no_grad',
  data: '.data',
  item: '.item()',
  integer: 'integers',
  discrete: 'no derivative',
  frozen: 'frozen',
  unused: 'not used',
};

/** Why no gradient passes, in a word. */
export function cutWord(cut: Cut): string {
  return CUTS[cut] ?? '';
}

/** "fc1 Linear, line 17, float32 [64, 32], gradient rms 2.2e-3" */
export function boxWords(scene: Scene, box: Box, numbers: Numbers | null, light: Light): string {
  const node = scene.topology.nodes[box.node];
  const parts = [box.type ? `${box.name} ${box.type}` : box.name];
  if (box.kind === 'loss') parts[0] = box.name === 'loss' ? 'loss' : `${box.name}, loss`;
  if (box.kind === 'input') parts.push('input');
  if (box.line) parts.push(`line ${box.line}`);
  if (box.kind === 'loss') {
    const value = lossOf(scene, box, numbers);
    if (value !== null) parts.push(`value ${plain(value)}`);
    return parts.join(', ');
  }
  if (box.ghost)
    return [...parts, scene.topology.complete ? 'not in this step' : 'not reached'].join(', ');
  if (box.turns) {
    const { numbers: turns, shown } = box.turns;
    parts.push(`turn ${turns[shown]} of ${turns.length}`);
  }
  if (box.kind === 'stack' || box.kind === 'closed' || box.kind === 'open') {
    if (box.ops > 1) parts.push(`${box.ops.toLocaleString('en-US')} operations`);
  }
  if (node) {
    parts.push(shapeWords(node));
    if (node.failed) parts.push('raised the error');
    if (node.cut && !node.requires_grad) parts.push(`gradient ends here: ${cutWord(node.cut)}`);
    for (const end of box.ends) parts.push(end);
    const stand = light.stand(box.node);
    if (stand === 'waiting' || stand === 'arriving') parts.push('gradient waiting');
    else if (stand !== 'unmade' && light.cursor.phase !== 'forward') {
      parts.push(gradientWords(gradientOf(numbers, box.node), node, light.ran));
    }
    const value = valueOf(numbers, box.node);
    if (value.mark === 'nonfinite') parts.push(`value ${value.text}`);
  }
  return parts.filter(Boolean).join(', ');
}

export function chipWords(scene: Scene, chip: Chip, numbers: Numbers | null, light: Light): string {
  const node = scene.topology.nodes[chip.nodes[0]];
  if (chip.nodes.length > 1) return chip.name;
  const line = node.kind === 'parameter' ? 0 : lineOf(scene.topology, chip.nodes[0]);
  const parts = [
    `${node.name || node.kind}, ${node.kind}`,
    line ? `line ${line}` : '',
    shapeWords(node),
  ];
  if (light.cursor.phase !== 'forward')
    parts.push(gradientWords(gradientOf(numbers, chip.nodes[0]), node, light.ran));
  return parts.filter(Boolean).join(', ');
}

export function lossOf(scene: Scene, box: Box, numbers: Numbers | null): number | null {
  const at = scene.topology.losses.indexOf(box.node);
  const value = numbers && at >= 0 ? numbers.losses[at] : undefined;
  return value === undefined ? null : value;
}

/** "9 operations, 6 parameters; strongest gradient cross_entropy 1.0" */
export function sceneWords(scene: Scene, numbers: Numbers | null): string {
  const { topology, structure, boxes } = scene;
  const count = (n: number, word: string) =>
    `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`;
  const parameters = topology.nodes.filter((n) => n.kind === 'parameter').length;
  const parts = [`${count(structure.ops, 'operation')}, ${count(parameters, 'parameter')}`];
  const failed = boxes.find((b) => topology.nodes[b.node]?.failed && b.kind !== 'open');
  if (failed) parts.push(`stopped at ${failed.name}, line ${failed.line}`);
  let strongest: Box | null = null;
  let most = -1;
  let broken: Box | null = null;
  for (const box of boxes) {
    if (box.kind === 'open' || box.kind === 'loss') continue;
    const reading = gradientOf(numbers, box.node);
    if (reading.mark === 'nonfinite') broken ??= box;
    if (reading.mark === 'finite' && reading.rms >= most) [strongest, most] = [box, reading.rms];
  }
  if (broken)
    parts.push(`${broken.name} has a gradient of ${gradientOf(numbers, broken.node).text}`);
  else if (strongest)
    parts.push(`strongest gradient ${strongest.name} ${gradientOf(numbers, strongest.node).text}`);
  return parts.join('; ');
}

/** What the stage shows, for its corner: the phase, or how much of a graph there is. */
export function captionOf(
  { topology, ghosts, rank }: Shape,
  numbers: Numbers | null,
  cursor: Cursor,
): { title: string; text: string } | null {
  const missing = ghosts?.size ?? 0;
  const whole = structureOf(topology).ops;
  const ops = whole - missing;
  if (!topology.complete) {
    return {
      title: 'Partial graph',
      text: missing ? `${ops} of ${whole} ops reached` : `${ops} ops, then an error`,
    };
  }
  if (cursor.phase === 'forward')
    return {
      title: 'Forward',
      text: `op ${Math.min(cursor.op, ops)} of ${ops}${time(numbers, 0)}`,
    };
  if (cursor.phase === 'update')
    return { title: 'Update', text: `the optimizer's step${time(numbers, 2)}` };
  if (cursor.phase !== 'backward' || !numbers) return null;
  let done = 0;
  let all = 0;
  numbers.order.forEach((node, i) => {
    if (rank[node] < 0) return;
    all++;
    if (i < cursor.op) done++;
  });
  const last = numbers.order[cursor.op - 1];
  if (last !== undefined && rank[last] < 0)
    return { title: 'Backward', text: `.grad of ${topology.nodes[last].name} written` };
  return { title: 'Backward', text: `op ${done} of ${all}${time(numbers, 1)}` };
}

function time(numbers: Numbers | null, phase: number): string {
  const seconds = numbers?.times[phase];
  if (!seconds || !Number.isFinite(seconds)) return '';
  return seconds < 1 ? `, ${(seconds * 1000).toPrecision(2)} ms` : `, ${seconds.toFixed(1)} s`;
}
