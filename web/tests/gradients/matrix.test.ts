import { describe, expect, it } from 'vitest';
import { Scale, factorText, median, medianLevel } from '../../src/flow/scale';
import { bandsOf, shareIn } from '../../src/gradients/bands';
import { axisSteps, binsOf, joined, Matrix, stepAt } from '../../src/gradients/matrix';
import { measureOf } from '../../src/gradients/measures';
import { Paint } from '../../src/gradients/paint';
import { rowsOf, treeOf } from '../../src/gradients/rows';
import { HISTOGRAM_BINS } from '../../src/protocol';
import { mlp, numbersOf } from '../graph/build';

describe('bins', () => {
  const pixels = (each: number) => (step: number) => (step - 1) * each;

  it('are one for each step where there is room, joined where there is none', () => {
    const wide = binsOf([1, 2, 3], pixels(20), 60);
    expect(wide.map(({ x, end, solid }) => [x, end, solid])).toEqual([
      [0, 20, 20],
      [20, 40, 40],
      [40, 60, 60],
    ]);
    const narrow = binsOf([1, 2, 3, 4], pixels(0.5), 2);
    expect(narrow.map(({ first, last }) => [first, last])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('close small gaps', () => {
    const [first] = binsOf([1, 11], pixels(2), 200);
    expect([first.solid, first.end]).toEqual([20, 20]);
  });

  it('say where nothing was recorded, half of it to each of its ends', () => {
    const [first, second] = binsOf([1, 50], pixels(2), 200);
    expect([first.start, first.x, first.solid, first.end]).toEqual([0, 0, 6, 52]);
    // After the newest step nothing is known.
    expect([second.start, second.x, second.solid, second.end]).toEqual([52, 98, 100, 100]);
  });

  it.each([
    [0, 0],
    [51, 0],
    [52, 1],
    [500, 1],
  ])('a place of %d px is of the nearest step', (x, index) => {
    expect(stepAt(binsOf([1, 50], pixels(2), 200), x)).toBe(index);
  });

  it('of no steps are none', () => {
    expect([binsOf([], pixels(1), 100), stepAt([], 3)]).toEqual([[], -1]);
  });
});

describe('cells that share a pixel', () => {
  const norm = measureOf('norm');
  it.each([
    [[1e-4, 1e-2], 1e-3],
    [[1e-4, Infinity, NaN], Infinity],
    [[NaN, 1e-3], 1e-3],
    [[0, 0], 0],
    [[0, 1e-3], 1e-3],
    [[NaN, NaN], NaN],
  ])('%j', (cells, expected) => {
    const found = joined(norm, cells);
    if (Number.isNaN(expected)) expect(found).toBeNaN();
    else if (expected === Infinity) expect(found).toBe(Infinity);
    else expect(found).toBeCloseTo(expected, 9);
  });

  it('are the plain mean of shares', () => {
    expect(joined(measureOf('zero'), [0, 0.5])).toBe(0.25);
  });
});

describe('the axis', () => {
  it.each([
    [1, 500, 5, [1, 100, 200, 300, 400, 500]],
    [1, 8, 10, [1, 2, 3, 4, 5, 6, 7, 8]],
    [1, 1, 5, [1]],
  ])('from %d to %d in about %d', (first, last, most, ticks) => {
    expect(axisSteps(first, last, most)).toEqual(ticks);
  });
});

describe('relative to the median', () => {
  it.each([
    [[], null],
    [[3], 3],
    [[5, 1, 3], 3],
    [[1, 4, 2, 3], 2.5],
  ])('of %j is %j', (levels, expected) => {
    expect(median([...levels])).toBe(expected);
  });

  it('of a step is that of its gradients that are numbers and not zero', () => {
    const topology = mlp();
    const numbers = numbersOf(topology, (_, i) => (i % 3 === 0 ? 0 : i % 3 === 1 ? NaN : 1e-5));
    expect(medianLevel(numbers)).toBeCloseTo(-5);
    expect(medianLevel(numbersOf(topology, () => 0))).toBeNull();
    expect(medianLevel(null)).toBeNull();
  });

  it('gives the middle colour, and its ends a thousandfold of it', () => {
    const stops = Array.from(
      { length: 11 },
      (_, i) => `#${`${i}0`.padStart(2, '0').slice(-2).repeat(3)}`,
    );
    const scale = new Scale(stops).around(-7);
    expect(scale.colour(-7)).toBe(new Scale(stops).colour(-3));
    expect(scale.colour(-10)).toBe(scale.colour(-20));
    expect(scale.colour(-4)).toBe(new Scale(stops).colour(2));
    expect(scale.around(-7)).toBe(scale);
    expect(new Scale(stops).colour(NaN)).toBe('transparent');
  });

  it.each([
    [-3, '×0.001'],
    [0, '×1'],
    [3, '×1000'],
  ])('%d decades read %s', (decades, text) => {
    expect(factorText(decades)).toBe(text);
  });

  it('is that of the rows of a column, open groups left out', () => {
    const topology = mlp();
    const numbers = numbersOf(topology, (n) => (n.name.endsWith('bias') ? 1e-6 : 1e-2));
    const tree = treeOf([topology], 'parameters');
    const rms = measureOf('rms');
    const of = (open: boolean) =>
      new Matrix(
        rms,
        rowsOf(tree, () => open),
        () => topology,
      ).median(numbers);
    expect(of(true)).toBeCloseTo(-4);
    expect(of(false)).toBeCloseTo(-2, 1);
  });
});

describe('a matrix', () => {
  it('reads a column once, whatever graph its step has', () => {
    const topology = mlp();
    const rows = rowsOf(treeOf([topology], 'parameters'), () => false);
    const matrix = new Matrix(measureOf('rms'), rows, (hash) =>
      hash === topology.hash ? topology : null,
    );
    const numbers = numbersOf(topology, () => 1e-3);
    expect(matrix.column(numbers)).toBe(matrix.column(numbers));
    expect(Array.from(matrix.column(numbers))).toEqual(
      [1, 2, 3].map(() => expect.closeTo(1e-3, 9)),
    );
    expect(Array.from(matrix.column({ ...numbers, topology: 'gone' }))).toEqual([NaN, NaN, NaN]);
  });
});

describe('paint', () => {
  const read = (name: string) => (name.startsWith('--ratio') ? `#0000${name.at(-1)}0` : '#ffffff');
  const paint = new Paint(
    read,
    new Scale(Array.from({ length: 11 }, (_, i) => `#${i.toString(16)}00000`)),
  );
  it('has the middle of its update colours at a thousandth', () => {
    expect(paint.colour(measureOf('ratio'), 1e-3, null)).toBe('rgb(0 0 48)');
    expect(paint.colour(measureOf('ratio'), 1e-9, null)).toBe('rgb(0 0 0)');
  });
  it('has the page’s colours for gradients, around the median where they are relative', () => {
    expect(paint.colour(measureOf('norm'), 1e-3, null)).toBe('rgb(80 0 0)');
    expect(paint.colour(measureOf('norm'), 1e-6, -6)).toBe('rgb(80 0 0)');
  });
});

describe('bands of histograms over time', () => {
  const column = (shares: Record<number, number>) => {
    const made = new Float32Array(HISTOGRAM_BINS);
    for (const [bin, share] of Object.entries(shares)) made[+bin] = share;
    return made;
  };

  it('are those that any step fills, zero in the middle', () => {
    const bands = bandsOf([column({ 40: 0.5, 20: 0.4, 30: 0.1 }), null]);
    expect(bands.map((band) => band.sign)).toEqual([1, 0, -1]);
    expect(bands[0].level).toBeCloseTo(Math.log10(4) * -10.5);
  });

  it('lose no value: the outermost take what is beyond', () => {
    const shares = column({ 59: 0.001, 45: 0.5, 44: 0.3, 31: 0.001, 30: 0.098, 10: 0.1 });
    const bands = bandsOf([shares]);
    const sum = bands.reduce((all, band) => all + shareIn(shares, band), 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it.each([
    [[], []],
    [[column({})], []],
    [[column({ 30: 1 })], [0]],
  ])('of %# are few', (columns, signs) => {
    expect(bandsOf(columns).map((band) => band.sign)).toEqual(signs);
  });
});
