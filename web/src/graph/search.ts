// The words of the search box: part of a name, or `line:18`, `shape:64x`, `grad>1e2`, `grad<1e-6`,
// `nan`, `nograd`, `op:mul`. All words must hold. Matches are nodes, so that closed groups are found too.

import type { Node, Numbers } from '../protocol';
import { gradientOf, valueOf } from '../flow/scale';
import type { Scene } from './model';
import { structureOf } from './structure';

type Test = (node: Node, index: number) => boolean;

export function search(scene: Scene, numbers: Numbers | null, text: string): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const tests = words.map((word) => testOf(word, scene, numbers));
  const found: number[] = [];
  scene.topology.nodes.forEach((node, i) => {
    if (tests.every((test) => test(node, i))) found.push(i);
  });
  return found;
}

function testOf(word: string, scene: Scene, numbers: Numbers | null): Test {
  const line = /^line:(\d+)$/.exec(word);
  if (line) return (node) => node.frames.some((f) => f.line === +line[1]);
  const shape = /^shape:\[?([\dx×,]+)\]?$/.exec(word);
  if (shape) {
    const start = shape[1].replace(/[×,]/g, 'x');
    return (node) =>
      (node.shape.join('x') + 'x').startsWith(start.endsWith('x') ? start : start + 'x');
  }
  const gradient = /^grad([<>])(\d*\.?\d+(?:e[+-]?\d+)?)$/.exec(word);
  if (gradient) {
    const bound = Number(gradient[2]);
    return (_, i) => {
      const { mark, rms } = gradientOf(numbers, i);
      if (mark !== 'finite' && mark !== 'zero') return false;
      return gradient[1] === '>' ? rms > bound : rms < bound;
    };
  }
  if (word === 'nan' || word === 'inf') {
    return (_, i) =>
      gradientOf(numbers, i).mark === 'nonfinite' || valueOf(numbers, i).mark === 'nonfinite';
  }
  if (word === 'nograd')
    return (node, i) =>
      !node.requires_grad || (!!numbers?.order.length && gradientOf(numbers, i).mark === 'none');
  const op = /^op:(.+)$/.exec(word);
  if (op) return (node) => node.kind === 'op' && node.name.toLowerCase().includes(op[1]);
  const { units, unitOf } = structureOf(scene.topology);
  return (node, i) => {
    if (`${node.name} ${node.target}`.toLowerCase().includes(word)) return true;
    const unit = units[unitOf[i]];
    return (
      node.kind === 'op' &&
      `${unit.name} ${unit.title}`.toLowerCase().includes(word) &&
      unit.kind !== 'root'
    );
  };
}
