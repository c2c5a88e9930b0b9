import { describe, expect, it } from 'vitest';
import { changeText } from '../../src/state/change';
import type { Node } from '../../src/protocol';
import { frame, node, topology } from './events';

const at = (key: string, branch: number, shape = [2]): Node =>
  node(key, { shape, frames: [{ ...frame(9), branch }] });
const graph = (...nodes: Node[]) => topology('a', { nodes, edges: [], losses: [], parameters: [] });

describe('a graph that changed', () => {
  it.each([
    [
      'another branch',
      graph(at('a', 0), at('b', 7)),
      graph(at('a', 0), at('c', 7)),
      'line 7 took another branch',
    ],
    [
      'a branch not taken',
      graph(at('a', 0), at('b', 7)),
      graph(at('a', 0)),
      'line 7 took another branch',
    ],
    ['more turns', graph(at('a', 5)), graph(at('a', 5), at('a#2', 5)), 'line 5 ran more turns'],
    ['fewer turns', graph(at('a', 5), at('a#2', 5)), graph(at('a', 5)), 'line 5 ran fewer turns'],
    ['no branch', graph(at('a', 0)), graph(at('a', 0), at('b', 0)), '1 operation more'],
    ['shapes', graph(at('a', 0)), graph(at('a', 0, [3])), 'other shapes'],
  ])('%s', (_, before, after, said) => expect(changeText(before, after)).toBe(said));
});
