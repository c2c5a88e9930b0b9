import { describe, expect, it } from 'vitest';
import { sceneOf, type Scene } from '../../src/graph/model';
import { layout } from '../../src/graph/layout';
import { inputOf } from '../../src/graph/layouter';
import { WIDE } from '../../src/graph/metrics';
import { boxWords } from '../../src/graph/describe';
import { Light } from '../../src/flow/playback';
import { numbersOf, Program } from './build';

/** A recurrent net: the first turn reads a constant, the others what the turn before handed on. */
function rnn(turns = 35) {
  const p = new Program('rnn');
  const x = p.node('input', 'x', [8, turns, 4]);
  const w = p.node('parameter', 'rec.weight', [4, 4]);
  let h = p.node('constant', 'h', [8, 4]);
  for (let t = 1; t <= turns; t++) {
    h = p.group({ kind: 'loop', name: 'for t', line: 7, turn: t, fold: t > 1 ? 'turn' : '' }, () =>
      p.at(8, 'h = torch.tanh(x[:, t] + h @ w)', () => {
        const at = p.op('getitem', [x], [8, 4]);
        const m = p.op('matmul', [h, w], [8, 4]);
        return p.op('tanh', [p.op('add', [at, m], [8, 4])], [8, 4]);
      }),
    );
  }
  p.losses.push(p.at(9, 'loss = h.mean()', () => p.op('mean', [h], [])));
  return p.topology();
}

const topology = rnn();
const sceneAt = (turn?: number, opened: [string, boolean][] = []): Scene => {
  const toggle = sceneOf(topology, new Map(), { budget: 60, compact: false }).boxes.find(
    (b) => b.turns,
  )!.toggle;
  const turns = new Map(turn === undefined ? [] : [[toggle, turn]]);
  return sceneOf(topology, new Map(opened), { budget: 60, compact: false, turns });
};
const loopOf = (scene: Scene) => scene.boxes.find((b) => b.turns)!;
const named = (scene: Scene, links: { source: number; target: number }[]) =>
  links.map((l) => `${scene.boxes[l.source].name}>${scene.boxes[l.target].name}`);

describe('a loop', () => {
  it('shows one turn, the last one at first, and a cell for each', () => {
    const scene = sceneAt();
    const loop = loopOf(scene);
    expect([loop.kind, loop.name, loop.type, loop.line]).toEqual(['open', 'for t', '×35', 7]);
    expect(loop.turns).toEqual({ numbers: Array.from({ length: 35 }, (_, i) => i + 1), shown: 34 });
    expect(loop.cells.map((node) => topology.nodes[node].name)).toEqual(Array(35).fill('tanh'));
    expect(scene.boxes.map((b) => b.name)).toEqual([
      'x',
      'for t',
      'getitem',
      'matmul',
      'add',
      'tanh',
      'mean',
      'loss',
    ]);
  });

  it('shows what a turn hands to the next as one line around', () => {
    const scene = sceneAt(3);
    expect(named(scene, scene.carries)).toEqual(['tanh>matmul']);
    expect(named(scene, scene.links)).toEqual([
      'getitem>add',
      'matmul>add',
      'add>tanh',
      'tanh>mean',
      'x>getitem',
      'mean>loss',
    ]);
  });

  it.each([0, 1, 20, 34])(
    'shows the nodes of turn %i, and finds all others in its place',
    (turn) => {
      const scene = sceneAt(turn);
      const tanh = scene.boxes.findIndex((b) => b.name === 'tanh');
      const all = topology.nodes.flatMap((n, i) => (n.name === 'tanh' ? [i] : []));
      expect(scene.boxes[tanh].node).toBe(all[turn]);
      expect(all.map((node) => scene.boxOf[node])).toEqual(Array(35).fill(tanh));
      expect(scene.boxes[tanh].key).toBe(topology.nodes[all[turn]].key);
    },
  );

  it('keeps its layout from turn to turn', () => {
    expect(sceneAt(20).id).toBe(sceneAt(3).id);
    const frames = [1, 20].map((turn) => layout(inputOf(sceneAt(turn), WIDE)).frames);
    expect(frames[1]).toEqual(frames[0]);
  });

  it('is a stack when closed', () => {
    const { toggle } = loopOf(sceneAt());
    const closed = sceneAt(3, [[toggle, false]]);
    const stack = closed.boxes.find((b) => b.name === 'for t')!;
    expect([stack.kind, stack.type, stack.cells.length]).toEqual(['stack', '×35, tanh', 35]);
    expect(stack.labels.at(-1)).toBe('35');
    expect(stack.toggle).toBe(toggle);
  });

  it('says its turn in words', () => {
    const scene = sceneAt(3);
    const numbers = numbersOf(topology, () => 0.01);
    const light = new Light(topology, numbers, { phase: 'end', op: 0 });
    expect(boxWords(scene, loopOf(scene), numbers, light)).toContain(
      'for t ×35, line 7, turn 4 of 35',
    );
  });

  it('opens groups inside of it in all turns at once', () => {
    const p = new Program('nested');
    let h = p.node('parameter', 'h', [4]);
    for (let t = 1; t <= 5; t++) {
      p.group({ kind: 'loop', name: 'for t', line: 3, turn: t }, () => {
        h = p.group({ kind: 'module', name: 'cell', title: 'Cell', line: 4 }, () =>
          p.at(5, 'a', () => p.op('tanh', [p.at(6, 'b', () => p.op('mul', [h], [4]))], [4])),
        );
        h = p.at(7, 'c', () => p.op('add', [h], [4]));
      });
    }
    const nested = p.topology();
    const at = (turn: number, opened: [string, boolean][]) => {
      const plain = sceneOf(nested, new Map(), { budget: 60, compact: false });
      const turns = new Map([[loopOf(plain).toggle, turn]]);
      return sceneOf(nested, new Map(opened), { budget: 60, compact: false, turns });
    };
    const cell = at(1, []).boxes.find((b) => b.name === 'cell')!;
    const kinds = [0, 1, 4].map(
      (turn) =>
        at(turn, [[cell.toggle, cell.kind !== 'open']]).boxes.find((b) => b.name === 'cell')!.kind,
    );
    expect(new Set(kinds).size).toBe(1);
    expect(kinds[0]).not.toBe(cell.kind);
  });
});
