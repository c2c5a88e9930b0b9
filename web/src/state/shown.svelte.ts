/** What the time cursor shows of the run: one step, and its place among the others. */

import { changeText, letterOf } from './change';
import type { Numbers, Topology } from '../protocol';
import type { Cursor } from './cursor.svelte';
import type { Run } from './run.svelte';

/** Per recorded step, one number for each parameter. */
export interface History {
  names: readonly string[];
  steps: readonly number[];
  rows: readonly ArrayLike<number>[];
}

/** Something that happened at a step. */
export interface StepMark {
  step: number;
  /** Another graph, a number that is none, what the program marked, the step that failed. */
  kind: 'graph' | 'nonfinite' | 'error';
  /** The letter of a graph. */
  letter?: string;
  text: string;
}

/** Most steps that a history hands to a plot; more cannot be told apart. */
const MOST_STEPS = 400;

/** Every so many of a long list, always with its last. */
export function sampled<T>(list: readonly T[], most: number = MOST_STEPS): readonly T[] {
  if (list.length <= most) return list;
  return Array.from(
    { length: most },
    (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))],
  );
}

export class Shown {
  readonly #run: Run;
  readonly #cursor: Cursor;

  /** The numbers under the cursor; null where the step has none. */
  readonly numbers: Numbers | null = $derived.by(() => {
    // A program that raised is shown as far as it came, also where that step has no numbers.
    const partial = this.#run.partialTopology;
    const numbers = this.#run.numbersAt(this.#cursor.step);
    if (this.#cursor.live && partial && numbers?.topology !== partial.hash) return null;
    return numbers;
  });

  /** The graph under the cursor. */
  readonly topology: Topology | null = $derived.by(() => {
    if (this.numbers) return this.#run.topology(this.numbers.topology);
    return this.#run.partialTopology ?? this.#run.latestTopology;
  });

  /** The step on show; null before there is one. */
  readonly step: number | null = $derived(this.numbers?.step ?? this.topology?.step ?? null);

  /** Steps that can be gone to, ascending. */
  readonly recorded: readonly number[] = $derived.by(() =>
    this.#run.steps.map((numbers) => numbers.step),
  );

  /** Newest value of each curve at this step. */
  readonly losses: readonly { name: string; value: number }[] = $derived.by(() => {
    void this.#run.pointsVersion;
    const step = this.#cursor.live ? Infinity : (this.step ?? Infinity);
    return this.#run.curves
      .map((curve) => ({ name: curve.name, value: curve.valueAt(step) }))
      .filter((loss, index) => this.#run.curves[index].length > 0 && !Number.isNaN(loss.value));
  });

  /** How many operations each phase of the step has. */
  readonly counts: { forward: number; backward: number; update: number } = $derived.by(() => ({
    forward: this.topology?.nodes.filter((node) => node.kind === 'op').length ?? 0,
    backward: this.numbers?.order.length ?? 0,
    update: this.topology?.parameters.length ?? 0,
  }));

  /** norm(change) / norm(weight) of each parameter over the recorded steps. */
  readonly updates: History = $derived.by(() => this.#history((numbers) => numbers.update));

  /** What is worth going to: the error, a changed graph, the first loss that was not finite. */
  readonly marks: readonly StepMark[] = $derived.by(() => {
    void this.#run.pointsVersion;
    const changes = this.#run.graphChanges;
    const marks: StepMark[] = changes.slice(1, 1 + MOST_MARKS).map(({ step, hash }, i) => {
      const before = this.#run.topology(changes[i].hash);
      const after = this.#run.topology(hash);
      const why = before && after ? `: ${changeText(before, after)}` : '';
      const [was, letter] = [letterOf(i), letterOf(i + 1)];
      // Between two recorded steps: which of those that were not recorded it was is not known.
      const last = this.#run.numbersAt(step - 1)?.step ?? step - 1;
      const when = last < step - 1 ? `between steps ${last} and ${step}` : `step ${step}`;
      return { step, kind: 'graph', letter, text: `${when}, graph ${was} to ${letter}${why}` };
    });
    for (const curve of this.#run.curves) {
      const step = curve.firstNonfinite;
      if (step !== null)
        marks.push({ step, kind: 'nonfinite', text: `${curve.name} not finite, step ${step}` });
    }
    for (const { step, title } of this.#run.findings) {
      const text = `${title}, step ${step}`;
      const same = marks.findIndex((mark) => mark.kind === 'nonfinite' && mark.step === step);
      marks.splice(same < 0 ? marks.length : same, same < 0 ? 0 : 1, {
        step,
        kind: 'nonfinite',
        text,
      });
    }
    const error = this.#run.error;
    const line = error?.frames.at(-1)?.line;
    if (error) {
      marks.push({
        step: Math.max(error.step, this.#run.latestStep),
        kind: 'error',
        text: line ? `error, line ${line}` : 'error',
      });
    }
    return marks;
  });

  /** The letter of each graph of the run, where there is more than one. */
  readonly #letters: ReadonlyMap<string, string> = $derived.by(() => {
    const changes = this.#run.graphChanges;
    return new Map(
      changes.length < 2 ? [] : changes.map(({ hash }, index) => [hash, letterOf(index)]),
    );
  });

  /** All graphs of the run with their letters, in the order they were seen first. */
  readonly graphs: readonly { letter: string; topology: Topology }[] = $derived.by(() =>
    this.#run.graphChanges.flatMap(({ hash }, index) => {
      const topology = this.#run.topology(hash);
      return topology ? [{ letter: letterOf(index), topology }] : [];
    }),
  );

  /** The graph of the recorded step before the one on show. */
  readonly before: Topology | null = $derived.by(() => {
    const step = this.topology?.complete === false ? Infinity : (this.numbers?.step ?? 0);
    const numbers = this.#run.numbersAt(step === Infinity ? null : step - 1);
    return numbers ? this.#run.topology(numbers.topology) : null;
  });

  /** The letter of the graph of a recorded step; empty where all steps have the same. */
  letterAt(step: number): string {
    const numbers = this.#run.numbersAt(step);
    return (numbers && this.#letters.get(numbers.topology)) ?? '';
  }

  constructor(run: Run, cursor: Cursor) {
    this.#run = run;
    this.#cursor = cursor;
  }

  #history(row: (numbers: Numbers, topology: Topology) => ArrayLike<number>): History {
    const names = this.topology?.parameters.map((node) => this.topology!.nodes[node].name) ?? [];
    const same = new Map<string, Topology | null>();
    const fits = (hash: string): Topology | null => {
      if (!same.has(hash)) {
        const topology = this.#run.topology(hash);
        const equal =
          topology?.parameters.length === names.length &&
          topology.parameters.every((node, i) => topology.nodes[node].name === names[i]);
        same.set(hash, equal ? topology : null);
      }
      return same.get(hash)!;
    };
    const kept = sampled(this.#run.steps.filter((numbers) => fits(numbers.topology)));
    return {
      names,
      steps: kept.map((numbers) => numbers.step),
      rows: kept.map((numbers) => row(numbers, fits(numbers.topology)!)),
    };
  }
}

const MOST_MARKS = 20;
