/** What the graph and its numbers say of each line of the program. No DOM here. */

import { gradientOf, plain, shapeText, type Mark } from '../flow/scale';
import type { Frame, Node, Numbers, Topology } from '../protocol';

/** The gradient that reached what a line makes. */
export interface LineGradient {
  mark: Exclude<Mark, 'none'>;
  /** log10 of the rms, NaN where the mark is not `finite`. */
  level: number;
  /** What a reader hears: "gradient rms 7.0e-4". */
  text: string;
}

/** What a line made, for its end: name and shape, or name and value of a loss. */
export interface LineHint {
  name: string;
  text: string;
  /** The rms of the gradient that reached it: "3.0e-4"; empty where none did, or none is asked for. */
  gradient: string;
}

export function frameOf(node: Node): Frame | null {
  return node.frames.at(-1) ?? null;
}

export function lineOf(node: Node): number {
  return frameOf(node)?.line ?? 0;
}

const shown = (node: Node): boolean => node.kind === 'op' || node.kind === 'input';

/**
 * A gradient per line: that of the last node the line made, since this is the value that the line
 * hands on; a NaN or an infinity anywhere on the line comes first.
 */
export function lineGradients(
  topology: Topology | null,
  numbers: Numbers | null,
): Map<number, LineGradient> {
  const lines = new Map<number, LineGradient>();
  if (!topology || !numbers || numbers.topology !== topology.hash) return lines;
  topology.nodes.forEach((node, index) => {
    const line = lineOf(node);
    if (!line || !shown(node)) return;
    const { mark, level, text } = gradientOf(numbers, index);
    if (mark === 'none' || lines.get(line)?.mark === 'nonfinite') return;
    lines.set(line, {
      mark,
      level,
      text: mark === 'finite' ? `gradient rms ${text}` : `gradient ${text}`,
    });
  });
  return lines;
}

/** The shape of what each line made and its gradient; for a loss its value. */
export function lineHints(
  topology: Topology | null,
  numbers: Numbers | null,
  gradients = true,
): Map<number, LineHint> {
  const lines = new Map<number, LineHint>();
  if (!topology) return lines;
  const fits = numbers?.topology === topology.hash;
  topology.nodes.forEach((node, index) => {
    const line = lineOf(node);
    if (!line || !shown(node) || node.failed) return;
    const loss = fits ? topology.losses.indexOf(index) : -1;
    const value = loss >= 0 ? plain(numbers!.losses[loss]) : shapeText(node);
    const reached = gradients && fits && loss < 0 ? gradientOf(numbers!, index) : null;
    const gradient = reached && reached.mark !== 'none' ? reached.text : '';
    lines.set(line, { name: node.target, text: value, gradient });
  });
  return lines;
}

/** Keys of the nodes that a line made, in the order it made them. */
export function nodesOfLine(topology: Topology | null, line: number): string[] {
  if (!topology) return [];
  return topology.nodes
    .filter((node) => shown(node) && lineOf(node) === line)
    .map((node) => node.key);
}
