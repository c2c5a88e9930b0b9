import { describe, expect, it } from 'vitest';
import type { Event, State } from '../../src/protocol';
import { Cursor } from '../../src/state/cursor.svelte';
import { Run } from '../../src/state/run.svelte';
import { sampled, Shown } from '../../src/state/shown.svelte';
import { numbers, raised, topology } from './events';

function begun(...events: Event[]): Run {
  const run = new Run();
  run.begin({ run: 'r', code: 'code', filename: 'main.py', backend: 'browser' });
  for (const event of events) run.accept(event);
  return run;
}

const state = (name: State, step = 0, elapsed = 0): Event => ({
  type: 'state',
  state: name,
  reason: '',
  text: '',
  elapsed,
  step,
});
const points = (series: number[], step: number[], value: number[]): Event => ({
  type: 'points',
  series: Int32Array.from(series),
  step: Int32Array.from(step),
  value: Float64Array.from(value),
});
const series = (id: number, name: string): Event => ({
  type: 'series',
  series: id,
  name,
  line: 4,
  kind: 'loss',
});

const lines = (run: Run): string[] => run.console.lines.map((line) => line.text);

describe('a run', () => {
  it('is what its events add up to', () => {
    const run = begun(
      state('running'),
      series(0, 'loss'),
      series(1, 'val'),
      points([0, 1, 0, 9], [1, 1, 2, 2], [3, 4, 2, 1]),
      topology(),
      numbers(1),
      numbers(2),
      { type: 'output', stream: 'stdout', text: 'hello\n' },
      { type: 'progress', step: 2, total: 10, line: 3, rate: 5, elapsed: 0.4, watching: 0 },
      state('finished', 10, 4.2),
    );
    expect(run.status).toMatchObject({ state: 'finished', step: 10, elapsed: 4.2 });
    expect(run.active).toBe(false);
    expect(run.curves.map((curve) => [curve.name, curve.length, curve.lastValue])).toEqual([
      ['loss', 2, 2],
      ['val', 1, 4],
    ]);
    expect(run.steps.map((each) => each.step)).toEqual([1, 2]);
    expect(run.latestTopology?.hash).toBe('a');
    expect(run.latestStep).toBe(10);
    expect(lines(run)).toEqual(['hello']);
  });

  it.each<[string, Event]>([
    ['numbers of a graph that never came', numbers(1, 'other')],
    ['numbers that do not fit their graph', numbers(1, 'a', { present: new Uint8Array(9) })],
    [
      'a graph with an edge to nowhere',
      topology('b', { edges: [{ source: 0, target: 99, slot: 0 }] }),
    ],
    ['points in columns of unequal length', points([0, 0], [1], [2])],
  ])('refuses %s, says so, and goes on', (_, event) => {
    const run = begun(topology(), series(0, 'loss'), event, numbers(2));
    expect(lines(run)).toEqual([expect.stringContaining('refused')]);
    expect(run.steps.map((each) => each.step)).toEqual([2]);
    expect(run.curves[0].length).toBe(0);
    expect(run.topology('b')).toBeNull();
  });

  it('says only a few times that something was refused', () => {
    const run = begun(...Array.from({ length: 50 }, (_, i) => numbers(i, 'none')));
    expect(lines(run)).toHaveLength(3);
    expect(run.thinned.refused).toBe(50);
  });

  it('says where output was left out', () => {
    const run = begun(
      { type: 'thinned', what: 'output', dropped: 12_000 },
      { type: 'thinned', what: 'numbers', dropped: 3 },
    );
    expect(lines(run)).toEqual([expect.stringContaining('12,000')]);
    expect(run.thinned).toEqual({ output: 12_000, numbers: 3 });
  });

  it('bounds the graphs of a program that builds another one at each step', () => {
    const run = begun();
    for (let step = 1; step <= 300; step++) {
      run.accept(topology(`h${step}`, { step }));
      run.accept(numbers(step, `h${step}`));
    }
    expect(run.steps.length).toBe(64);
    expect(run.topology('h300')).not.toBeNull();
    expect(run.topology('h1')).toBeNull();
    for (const each of run.steps) expect(run.topology(each.topology)).not.toBeNull();
  });

  it('bounds curves and inspections', () => {
    const run = begun(...Array.from({ length: 100 }, (_, i) => series(i, `loss ${i}`)));
    expect(run.curves.length).toBe(64);
    for (let request = 1; request <= 80; request++) {
      run.accept({
        type: 'inspection',
        request,
        step: 1,
        node: 'x',
        note: '',
        value: null,
        gradient: null,
      });
    }
    expect(run.inspection(1)).toBeNull();
    expect(run.inspection(80)).not.toBeNull();
  });

  it('forgets everything when another one begins', () => {
    const run = begun(topology(), numbers(1), raised, series(0, 'loss'), {
      type: 'output',
      stream: 'stdout',
      text: 'x',
    });
    run.begin({ run: 's', code: '', filename: 'main.py', backend: 'browser' });
    expect([run.steps.length, run.curves.length, run.console.lines.length]).toEqual([0, 0, 0]);
    expect([run.error, run.latestTopology, run.progress]).toEqual([null, null, null]);
    expect(run.status.state).toBe('loading');
  });
});

describe('what the cursor shows', () => {
  function shown(...events: Event[]): { shown: Shown; cursor: Cursor; run: Run } {
    const run = begun(...events);
    const cursor = new Cursor();
    return { run, cursor, shown: new Shown(run, cursor) };
  }

  it('follows the newest step, or holds the chosen one', () => {
    const view = shown(topology(), numbers(1), numbers(5), numbers(9));
    expect(view.shown.step).toBe(9);
    view.cursor.goTo(5);
    expect(view.shown.step).toBe(5);
    view.cursor.goTo(7);
    expect(view.shown.step).toBe(5);
    view.cursor.goLive();
    expect(view.shown.step).toBe(9);
  });

  it('shows the graph of the step, whichever that was', () => {
    const view = shown(
      topology('a'),
      numbers(1),
      topology('b', { step: 2 }),
      numbers(2, 'b'),
      numbers(3, 'a'),
    );
    expect(view.shown.topology?.hash).toBe('a');
    view.cursor.goTo(2);
    expect(view.shown.topology?.hash).toBe('b');
    expect(view.shown.marks).toEqual([
      { step: 2, kind: 'graph', letter: 'B', text: expect.stringContaining('step 2') },
    ]);
  });

  it('shows the partial graph of a program that raised, and its error on the track', () => {
    const view = shown(topology(), numbers(1), topology('p', { step: 5, complete: false }), raised);
    expect([view.shown.topology?.hash, view.shown.numbers, view.shown.step]).toEqual([
      'p',
      null,
      5,
    ]);
    expect(view.run.completeTopology?.hash).toBe('a');
    expect(view.shown.marks.at(-1)).toEqual({ step: 5, kind: 'error', text: 'error, line 2' });
    view.cursor.goTo(1);
    expect(view.shown.topology?.hash).toBe('a');
  });

  it('has each curve at its step, and marks the first that is not finite', () => {
    const view = shown(
      series(0, 'loss'),
      points([0, 0, 0], [1, 2, 3], [3, 2, NaN]),
      topology(),
      numbers(1),
      numbers(2),
    );
    view.cursor.goTo(2);
    expect(view.shown.losses).toEqual([{ name: 'loss', value: 2 }]);
    expect(view.shown.marks).toEqual([
      { step: 3, kind: 'nonfinite', text: expect.stringContaining('loss') },
    ]);
  });

  it('has the history of the parameters that the step has', () => {
    const other = topology('c', { parameters: [1, 2] });
    const wide = { update: Float32Array.of(1, 2) };
    const view = shown(other, numbers(1, 'c', wide), topology('a'), numbers(2), numbers(3));
    expect(view.shown.updates).toEqual({
      names: ['w'],
      steps: [2, 3],
      rows: [Float32Array.of(0.002), Float32Array.of(0.003)],
    });
    expect(view.shown.counts).toEqual({ forward: 2, backward: 3, update: 1 });
  });

  it('thins a long history, with its ends', () => {
    const list = Array.from({ length: 5_000 }, (_, i) => i);
    const thin = sampled(list, 100);
    expect([thin.length, thin[0], thin.at(-1)]).toEqual([100, 0, 4_999]);
    expect(sampled([1, 2], 100)).toEqual([1, 2]);
  });
});
