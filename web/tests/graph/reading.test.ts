import { describe, expect, it } from 'vitest';
import { boxWords, chipWords, sceneWords } from '../../src/graph/describe';
import { layout } from '../../src/graph/layout';
import { inputOf } from '../../src/graph/layouter';
import { WIDE } from '../../src/graph/metrics';
import { sceneOf } from '../../src/graph/model';
import { boxWithKey, brightOf, notesOf } from '../../src/graph/picture';
import { search } from '../../src/graph/search';
import { hit } from '../../src/graph/view';
import { walk } from '../../src/graph/walk';
import { Light, type Cursor } from '../../src/flow/playback';
import { mlp, numbersOf } from './build';

const topology = mlp();
const scene = sceneOf(topology, new Map(), { budget: 60, compact: false });
const laid = layout(inputOf(scene, WIDE));
const numbers = numbersOf(topology, (n) =>
  n.name === 'nll_loss' ? 1 : n.name === 'relu' ? 0 : 2.24e-3,
);
const end: Cursor = { phase: 'end', op: 0 };
const index = (name: string) => scene.boxes.findIndex((b) => b.name === name);

describe('the outline', () => {
  const light = new Light(topology, numbers, end);
  it.each([
    ['fc1', 'fc1 Linear, line 17, float32 [64, 32], gradient rms 2.2e-3'],
    ['relu', 'relu, line 17, float32 [64, 32], gradient zero'],
    ['x[i]', 'x[i], input, line 26, float32 [64, 64], no gradient flows'],
    ['cross_entropy', 'cross_entropy, line 26, 2 operations, float32 [], gradient rms 1.0'],
    ['loss', 'loss, line 26, value 0.040'],
  ])('says what %s is', (name, words) => {
    expect(boxWords(scene, scene.boxes[index(name)], numbers, light)).toBe(words);
  });

  it('names parameters in full', () => {
    expect(chipWords(scene, scene.boxes[index('fc1')].chips[0], numbers, light)).toBe(
      'fc1.weight, parameter, float32 [32, 64], gradient rms 2.2e-3',
    );
  });

  it('sums the graph up in a sentence', () => {
    expect(sceneWords(scene, numbers)).toBe(
      '7 operations, 6 parameters; strongest gradient cross_entropy 1.0',
    );
  });

  it('says what waits while the light is on its way', () => {
    const half = new Light(topology, numbers, { phase: 'backward', op: 4 });
    expect(boxWords(scene, scene.boxes[index('fc1')], numbers, half)).toContain('gradient waiting');
    expect(boxWords(scene, scene.boxes[index('fc3')], numbers, half)).toContain('gradient rms');
  });
});

describe('search', () => {
  const names = (text: string) => search(scene, numbers, text).map((i) => topology.nodes[i].name);
  it.each([
    ['relu', ['relu', 'relu']],
    ['line:19', ['fc3.weight', 'fc3.bias', 'linear']],
    ['fc2 linear', ['linear']],
    ['shape:64x10', ['linear', 'log_softmax']],
    ['grad>1e-1', ['nll_loss']],
    ['grad<1e-8 relu', ['relu', 'relu']],
    ['nograd', ['x[i]', 'y[i]']],
    ['nan', []],
    ['', []],
  ])('%s', (text, found) => {
    expect(names(text).sort()).toEqual([...found].sort());
  });
});

describe('the keyboard', () => {
  it('walks down the edges to the loss and up again', () => {
    const seen: string[] = [];
    for (let at = index('fc1'), next = at; ; at = next) {
      seen.push(scene.boxes[at].name);
      if ((next = walk(scene, laid, at, 'down')) === at) break;
    }
    expect(seen).toEqual(['fc1', 'relu', 'fc2', 'relu', 'fc3', 'cross_entropy', 'loss']);
    expect(scene.boxes[walk(scene, laid, index('loss'), 'up')].name).toBe('cross_entropy');
  });

  it('enters and leaves groups', () => {
    expect(scene.boxes[walk(scene, laid, index('fc1'), 'out')].name).toBe('net');
    expect(scene.boxes[walk(scene, laid, index('net'), 'down')].name).toBe('fc1');
    expect(walk(scene, laid, -1, 'first')).toBe(0);
  });
});

it('finds what lies under a point', () => {
  const fc1 = laid.frames[index('fc1')];
  expect(hit(scene, laid, WIDE, fc1.x, fc1.y + 10)).toMatchObject({
    box: index('fc1'),
    chip: null,
  });
  expect(hit(scene, laid, WIDE, fc1.x - 108 - 30 - 50, fc1.y + 8)?.chip?.name).toBe('weight');
  const net = laid.frames[index('net')];
  expect(hit(scene, laid, WIDE, net.x - net.left + 14, net.y + 14)).toMatchObject({
    box: index('net'),
    toggle: true,
  });
  expect(hit(scene, laid, WIDE, net.x - net.left + 4, net.y + net.height - 4)).toBeNull();
});

describe('a picture', () => {
  it('keeps the boxes of a line bright', () => {
    const bright = brightOf(scene, 18)!;
    expect([...bright].map((b) => scene.boxes[b].name)).toEqual(['fc2', 'relu']);
    expect(brightOf(scene, 3)).toBeNull();
  });

  it('finds a node wherever it is shown', () => {
    const key = (name: string) => topology.nodes.find((n) => n.name === name)!.key;
    expect(scene.boxes[boxWithKey(scene, key('log_softmax'))].name).toBe('cross_entropy');
    expect(scene.boxes[boxWithKey(scene, key('fc1.bias'))].name).toBe('fc1');
  });

  it('tells who made the first -inf from who inherited it', () => {
    const bad = numbersOf(topology, () => 1e-3);
    const ops = topology.nodes.flatMap((n, i) => (n.kind === 'op' ? [i] : []));
    for (const i of ops.slice(3))
      bad.values.set([Infinity, NaN, -Infinity, 1, 0, i === ops[3] ? 2 : 9], i * 6);
    const notes = notesOf(scene, bad, null);
    const said = [...notes].map(([b, note]) => [scene.boxes[b].name, note.title || note.text]);
    expect(said).toEqual([
      ['relu', 'first -inf'],
      ['fc3', 'value -inf, inherited'],
      ['cross_entropy', 'value -inf, inherited'],
    ]);
  });

  it('leaves alone what is meant: the -inf of a mask that a softmax takes away', () => {
    const masked = numbersOf(topology, () => 1e-3);
    const ops = topology.nodes.flatMap((n, i) => (n.kind === 'op' ? [i] : []));
    masked.values.set([Infinity, NaN, -Infinity, 1, 0, 2], ops[2] * 6);
    expect(notesOf(scene, masked, null).size).toBe(0);
  });

  it('says the error beside the box that raised', () => {
    const node = topology.nodes.find((n) => n.name === 'linear')!.key;
    const notes = notesOf(scene, numbers, { node, sentence: 'It does not fit.' });
    expect(notes.get(index('fc1'))).toMatchObject({ text: 'It does not fit.', serious: true });
  });
});
