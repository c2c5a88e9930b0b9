import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/address';
import { visibleRows, wrapLine } from '../../src/console/window';
import { lineGradients, lineHints, nodesOfLine } from '../../src/editor/lines';
import { isStale, lineNow, lineThen, marksExtension, setOrigin } from '../../src/editor/marks';
import { catalogue, describe as describeExample, program } from '../../src/gallery/catalogue';
import { frame, node, numbers, topology } from '../state/events';

const open = (doc: string): EditorState => EditorState.create({ doc, extensions: marksExtension });
const edit = (state: EditorState, from: number, to: number, insert: string): EditorState =>
  state.update({ changes: { from, to, insert } }).state;

describe('marks stay with their lines', () => {
  const doc = 'one\ntwo\nthree\nfour';

  it('when lines come before them', () => {
    const state = edit(open(doc), 0, 0, 'new\nnewer\n');
    expect(lineNow(state, 2)!.number).toBe(4);
    expect(lineThen(state, state.doc.line(4).from)).toBe(2);
    expect(isStale(state)).toBe(true);
  });

  it('when their own text changes', () => {
    const state = edit(open(doc), 6, 6, 'XX');
    expect(lineNow(state, 2)!.text).toBe('twXXo');
  });

  it('and go with a line that is deleted', () => {
    const state = edit(open(doc), 4, 8, '');
    expect(lineNow(state, 2)).toBeNull();
    expect(lineNow(state, 3)!.number).toBe(2);
  });

  it.each([0, 5, -1])('and there are none on line %d of four', (line) =>
    expect(lineNow(open(doc), line)).toBeNull(),
  );

  it('and start anew when the code is run', () => {
    const changed = edit(open(doc), 0, 0, 'new\n');
    const state = changed.update({ effects: setOrigin.of(null) }).state;
    expect(lineNow(state, 2)!.number).toBe(2);
    expect(isStale(state)).toBe(false);
  });

  it.each([
    ['a comment', 0, '# said\n', false],
    ['an empty line', 4, '\n', false],
    ['a space at a line end', 3, '  ', false],
    ['code', 0, 'x', true],
  ])('%s makes another program: %#', (_, at, text, stale) =>
    expect(isStale(edit(open(doc), at, at, text))).toBe(stale),
  );

  it('an edit that is taken back is no change', () => {
    const state = edit(edit(open(doc), 0, 0, 'x'), 0, 1, '');
    expect(isStale(state)).toBe(false);
  });
});

describe('what a line shows', () => {
  it('is the gradient of what it hands on, and NaN before all', () => {
    const graph = topology('a', {
      nodes: [
        node('first', { frames: [frame(2)] }),
        node('last', { frames: [frame(2)] }),
        node('bad', { frames: [frame(5)] }),
        node('good', { frames: [frame(5)] }),
      ],
      edges: [],
      losses: [],
      parameters: [],
    });
    const step = numbers(1);
    step.present.fill(3);
    step.gradients[6 * 2 + 5] = 4;
    const lines = lineGradients(graph, step);
    expect(lines.get(2)).toMatchObject({ mark: 'finite', text: 'gradient rms 1.0e-1' });
    expect(lines.get(2)!.level).toBeCloseTo(-1);
    expect(lines.get(5)!.mark).toBe('nonfinite');
  });

  it('is nothing where the numbers are those of another graph', () => {
    expect(lineGradients(topology('a'), numbers(1, 'b')).size).toBe(0);
  });

  it('is name and shape, or the value of a loss', () => {
    const hints = lineHints(topology(), numbers(4));
    expect([...hints]).toEqual([
      [1, { name: '', text: 'f32[2, 3]', gradient: '' }],
      [2, { name: 'h', text: 'f32[2, 3]', gradient: '1.0e-2' }],
      [3, { name: 'loss', text: '0.250', gradient: '' }],
    ]);
    expect(lineHints(topology(), numbers(4), false).get(2)!.gradient).toBe('');
    expect(lineHints(topology(), null).get(3)!.text).toBe('f32[]');
  });

  it('leads to the nodes that it made', () => {
    expect(nodesOfLine(topology(), 2)).toEqual(['linear']);
    expect(nodesOfLine(topology(), 9)).toEqual([]);
  });
});

describe('the console', () => {
  it.each([
    [10, 0, 170, 0, 10],
    [10_000, 0, 170, 0, 70],
    [10_000, 85_000, 170, 4_940, 5_070],
    [10_000, 170_000, 170, 9_940, 10_000],
    [0, 0, 170, 0, 0],
  ])('of %d lines scrolled to %d draws few', (count, top, height, from, to) =>
    expect(visibleRows(count, top, height)).toEqual({ from, to }),
  );
});

describe('a long line of the console', () => {
  it.each([
    ['short', 10, ['short']],
    ['', 10, ['']],
    ['one two three', 8, ['one two', 'three']],
    ['one two', 3, ['one', 'two']],
    ['    indented here', 10, ['    indented'.slice(0, 10), 'ed here']],
    ['a-long-word-with-hyphens', 10, ['a-long-', 'word-with-', 'hyphens']],
    ['x'.repeat(25), 10, ['x'.repeat(10), 'x'.repeat(10), 'xxxxx']],
    ['a\tb', 40, ['a       b']],
    ['🙂🙂🙂', 3, ['🙂', '🙂', '🙂']],
  ])('%j in %d columns is %j', (text, columns, rows) =>
    expect(wrapLine(text, columns)).toEqual(rows),
  );
});

describe('an example', () => {
  it.each([
    [
      '"""Two spirals.\n\nA net learns to tell\nthem apart. And more.\n\nNotes.\n"""\nimport torch',
      'Two spirals',
      'A net learns to tell them apart. And more.',
    ],
    ["# comment\n\n'''Title'''\n", 'Title', ''],
    ['import torch\n"""not the docstring"""', 'x.py', ''],
    ['', 'x.py', ''],
  ])('is described by %j', (code, title, about) =>
    expect(describeExample('x.py', code)).toEqual({ title, about }),
  );

  it('shows the program from its first line on', () => {
    const body = 'import torch\n\nprint(1)\n';
    expect(program(`"""Title\n\nMore.\n"""\n# expect: accuracy >= 0.9\n${body}`)).toBe(body);
    expect(program(`# a comment of its own\n${body}`)).toBe(`# a comment of its own\n${body}`);
    expect(program(body)).toBe(body);
  });
  it('comes after the opening one, in order of title', () => {
    const files = {
      '../b.py': '"""B"""',
      '../a.py': '"""C"""',
      '../digits_mlp.py': '"""Z"""',
      '../_x.py': '',
    };
    expect(catalogue(files).map(({ id, name }) => [id, name])).toEqual([
      ['digits_mlp', 'digits_mlp.py'],
      ['b', 'b.py'],
      ['a', 'a.py'],
    ]);
  });
});

describe('the address', () => {
  function read(
    hash: string,
    stored = '',
  ): { address: ReturnType<typeof readAddress>; kept: string; shown: string } {
    let kept = stored;
    let shown = hash;
    const storage = {
      getItem: () => kept,
      setItem: (_: string, value: string) => void (kept = value),
    };
    const history = {
      replaceState: (_: unknown, __: string, url?: string | URL | null) =>
        void (shown = String(url)),
    };
    const address = readAddress({ hash, pathname: '/', search: '' }, storage, history);
    return { address, kept, shown };
  }
  const token = 'abcdefghijklmnopqrstuvwxyz_-0123';

  it('gives its token to the session and shows it no more', () => {
    expect(read(`#token=${token}`)).toEqual({
      address: { token, link: '' },
      kept: token,
      shown: '/',
    });
  });

  it('has the token again after a reload', () => {
    expect(read('', token).address).toEqual({ token, link: '' });
  });

  it('may be a link', () => {
    expect(read('#1/abc').address).toEqual({ token: '', link: '1/abc' });
  });

  it('is read where the browser forbids storage', () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    const storage = { getItem: refuse, setItem: refuse };
    const location = { hash: '', pathname: '/', search: '' };
    expect(readAddress(location, storage, { replaceState: refuse })).toEqual({
      token: '',
      link: '',
    });
  });
});
