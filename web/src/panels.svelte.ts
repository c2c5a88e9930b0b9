/** What the panels show of the page's state: texts, marks and colours, all derived. */

import { untrack } from 'svelte';
import { frameOf, lineGradients, lineHints, lineOf } from './editor/lines';
import type { ErrorMark, Marks } from './editor/marks';
import { gradientOf, medianLevel, plain, Scale, shapeText } from './flow/scale';
import type { Page } from './page.svelte';
import type { Curve as CurveView } from './plots/series';
import type { Frame, Inspection, Node } from './protocol';
import type { Moment } from './time/track';
import { browserChoice, serverChoice, type Choice } from './ui/backends';
import { EffectiveTheme, token } from './ui/theme.svelte';
import { chipOf, environmentOf, recordingOf, summaryOf, type Chip } from './ui/words';

/** Least time in ms between two questions for values while steps fly by. */
const ASK_EVERY = 400;
/** The bit of `Numbers.present` that says that values can be asked for. */
const VALUES_KEPT = 4;
/** Most losses that are named for a step. */
const MOST_LOSSES = 4;

export class Panels {
  readonly #page: Page;
  readonly theme: EffectiveTheme;
  #asked = $state.raw<{ node: string; request: number; at: number } | null>(null);

  /** To be made while a component is. */
  constructor(page: Page) {
    this.#page = page;
    this.theme = new EffectiveTheme(
      () => page.settings.theme,
      () => page.settings.palette,
    );
    $effect(() => this.theme.apply());
    $effect(() => this.#ask());
  }

  readonly #colours: Scale = $derived.by(() => {
    void this.theme.look;
    // The colours are read from the page: the theme is on it first, whichever effect runs first.
    this.theme.apply();
    return new Scale(token);
  });

  /** What the colours of gradients are relative to; null where they are absolute. */
  readonly median: number | null = $derived.by(() => {
    const { settings, shown } = this.#page;
    return settings.relative ? medianLevel(shown.numbers) : null;
  });

  readonly #scale: Scale = $derived(this.#colours.around(this.median));

  /** The colours of gradients. */
  get scale(): Scale {
    return this.#scale;
  }

  // Texts -----------------------------------------------------------------------------------

  /** The frame that raised. */
  readonly errorFrame: Frame | null = $derived.by(
    () => this.#page.run.error?.frames.at(-1) ?? null,
  );

  readonly chip: Chip = $derived.by(() => {
    const { run, backend, settings } = this.#page;
    return chipOf({
      status: run.status,
      progress: run.progress,
      error: { line: this.errorFrame?.line ?? 0, step: run.error?.step ?? 0 },
      readiness: backend.readiness,
      stages: backend.stages,
      backend: settings.backend,
      ran: run.program?.backend ?? null,
    });
  });

  /** What is read out: where the run is, and the last line that the program wrote. */
  readonly announcement: string = $derived.by(() => {
    const { run } = this.#page;
    const { word, text, facts, tone } = this.chip;
    const last = run.console.lines.at(-1)?.text ?? '';
    // How far a run is changes all the time: that is there to be looked up.
    const said = [word, text, ...(tone === 'running' || this.chip.busy ? [] : facts)];
    return [said.filter(Boolean).join(' '), last].filter(Boolean).join('. ');
  });

  /** Whether there is something to tell of what is being loaded. */
  get loading(): boolean {
    const { backend } = this.#page;
    return backend.readiness.state === 'loading' && backend.stages.length > 0;
  }

  get summary(): string {
    const { run } = this.#page;
    void run.pointsVersion;
    return summaryOf(run.status, run.curves);
  }

  get saved(): string {
    const { workspace } = this.#page;
    if (workspace.keeping === 'refused') return 'not kept: this browser has no room for it';
    if (!workspace.edited) return '';
    return workspace.keeping === 'kept' ? 'edited, kept on this device' : 'edited';
  }

  readonly choices: Choice[] = $derived.by(() => {
    const { backends, server, workspace } = this.#page;
    return [
      browserChoice(backends.browser, crossOriginIsolated),
      serverChoice(server.state, backends.server, {
        name: workspace.name,
        bytes: new TextEncoder().encode(workspace.code).length,
      }),
    ];
  });

  /** What computes the arrays where the next run happens. */
  get array(): string {
    const { settings, server } = this.#page;
    return settings.backend === 'server' && server.info?.array.startsWith('CuPy')
      ? 'CuPy'
      : 'NumPy';
  }

  get environment(): string[] {
    const { run, backend } = this.#page;
    const known = run.active ? run.environment : (backend.environment ?? run.environment);
    return known ? [...environmentOf(known), known.device] : [];
  }

  get recording(): string {
    const { run, settings } = this.#page;
    const { length: steps } = run.steps;
    const { dropped, bytes } = run.recorded;
    const level = run.environment?.record ?? settings.record;
    return recordingOf(level, run.progress?.watching ?? 0, { steps, dropped, bytes });
  }

  get emptyGraph(): string {
    const { run } = this.#page;
    if (run.error) return 'The program stopped before it built a graph.';
    if (run.status.state === 'finished')
      return 'The program finished without recording a gradient step.';
    if (run.active) return 'Waiting for the first training step.';
    return 'Run the program to see its graph: each operation of a training step, and the gradients that flow back through it.';
  }

  get emptyGradients(): string {
    const { run } = this.#page;
    if (run.error) return 'The program stopped before a step was recorded.';
    if (run.status.state === 'finished')
      return 'The program finished without recording a gradient step.';
    if (run.active) return 'Waiting for the first training step.';
    return 'Run the program to see the gradient of each parameter at each step: layers that learn nothing, and layers that learn too fast, are seen here first.';
  }

  get emptyLoss(): string {
    if (this.errorFrame) return `No loss yet: the program stopped at line ${this.errorFrame.line}.`;
    if (this.#page.run.status.state === 'finished')
      return 'No loss: the program never called backward().';
    return 'Each value that the program calls backward() on, with no extra code.';
  }

  /** The curves as they are now: new objects with every point, for who compares by identity. */
  readonly curves: CurveView[] = $derived.by(() => {
    const { run } = this.#page;
    void run.pointsVersion;
    return run.curves.map(({ id, name, line, kind, steps, values, length }) => ({
      id,
      name,
      line,
      kind,
      steps,
      values,
      length,
    }));
  });

  // Marks and colours -----------------------------------------------------------------------

  node(key: string | null): Node | null {
    if (key === null) return null;
    return this.#page.shown.topology?.nodes.find((node) => node.key === key) ?? null;
  }

  readonly #error: ErrorMark | null = $derived.by(() => {
    const { error } = this.#page.run;
    if (!error || !this.errorFrame) return null;
    const [first, ...rest] = error.message.split('\n');
    return {
      frame: this.errorFrame,
      sentence: first ? `${error.name}: ${first}` : error.name,
      detail: rest.join('\n').trim(),
      operands: error.operands,
    };
  });

  readonly #gradients = $derived.by(() => {
    const { settings, shown } = this.#page;
    return settings.gradients ? lineGradients(shown.topology, shown.numbers) : new Map();
  });

  readonly #hints = $derived.by(() => {
    const { settings, shown } = this.#page;
    return settings.shapes
      ? lineHints(shown.topology, shown.numbers, settings.gradients)
      : new Map();
  });

  /** What the editor shows beside the code; null before the first run. */
  readonly marks: Marks | null = $derived.by(() => {
    const { run, selection } = this.#page;
    if (!run.program) return null;
    const { state } = run.status;
    const pointed = this.node(selection.hoveredNode ?? selection.node);
    const scale = this.#scale;
    return {
      gradients: this.#gradients,
      hints: this.#hints,
      current: state === 'running' || state === 'waiting' ? (run.progress?.line ?? null) : null,
      linked: pointed ? lineOf(pointed) : selection.line,
      range: pointed ? frameOf(pointed) : null,
      calls: pointed?.frames.slice(0, -1) ?? [],
      error: this.#error,
      colour: (level) => scale.colour(level),
      shapeText,
    };
  });

  /** Colour of a gradient by its rms. */
  gradientColour = (rms: number): string =>
    rms > 0 ? this.#scale.colour(Math.log10(rms)) : 'var(--line-2)';

  /** Colour of each backward operation of the step on show, in the order the engine ran them. */
  readonly backwardColours: string[] = $derived.by(() => {
    const { numbers } = this.#page.shown;
    if (!numbers) return [];
    return Array.from(numbers.order, (node) => {
      const { mark, level } = gradientOf(numbers, node);
      if (mark === 'finite') return this.#scale.colour(level);
      return mark === 'nonfinite' ? 'var(--grad-nonfinite-hatch)' : 'var(--line-2)';
    });
  });

  // Time --------------------------------------------------------------------------------------

  /** What there is to say of a recorded step beside its number. */
  describeStep = (step: number): string[] => {
    const { run, shown } = this.#page;
    const letter = shown.letterAt(step);
    const losses = run.curves
      .filter(({ kind }) => kind === 'loss' || kind === 'validation')
      .map((curve) => ({ name: curve.name, value: curve.valueAt(step) }))
      .filter(({ value }) => !Number.isNaN(value))
      .slice(0, MOST_LOSSES)
      .map(({ name, value }) => `${name} ${plain(value)}`);
    return letter ? [`graph ${letter}`, ...losses] : losses;
  };

  /** What happened last at a moment of the step on show: "relu, line 18". */
  describeMoment = ({ phase, op }: Moment): string => {
    const { topology, numbers } = this.#page.shown;
    if (!topology || op < 1) return '';
    const index =
      phase === 'forward'
        ? this.#operations[op - 1]
        : phase === 'backward'
          ? numbers?.order[op - 1]
          : topology.parameters[op - 1];
    const node = index === undefined ? undefined : topology.nodes[index];
    if (!node) return '';
    const name =
      phase === 'backward' && node.kind === 'op' ? node.backward || node.name : node.name;
    const line = node.kind === 'op' ? lineOf(node) : 0;
    return line ? `${name}, line ${line}` : name;
  };

  /** Numbers of the operations of the step on show, as they were made. */
  readonly #operations: readonly number[] = $derived.by(
    () =>
      this.#page.shown.topology?.nodes.flatMap(({ kind }, index) =>
        kind === 'op' ? [index] : [],
      ) ?? [],
  );

  // Values of the selected node -------------------------------------------------------------

  /** What was answered for the selected node; while steps fly by it may be of one just gone. */
  get inspection(): Inspection | null {
    const { run, selection, cursor, shown } = this.#page;
    if (!this.#asked || this.#asked.node !== selection.node) return null;
    const found = run.inspection(this.#asked.request);
    const passing = run.active && cursor.live;
    return found && (passing || found.step === shown.numbers?.step) ? found : null;
  }

  /** Ask for the values of the selected node at the step on show, where they were kept. */
  #ask(): (() => void) | undefined {
    const { selection, shown, commands } = this.#page;
    const node = selection.node;
    const { numbers, topology } = shown;
    if (node === null || !numbers || !topology || !commands.canInspect) return;
    const index = topology.nodes.findIndex((each) => each.key === node);
    if (index < 0 || !(numbers.present[index] & VALUES_KEPT)) return;
    const last = untrack(() => this.#asked);
    const wait = last?.node === node ? Math.max(0, last.at + ASK_EVERY - performance.now()) : 0;
    const timer = setTimeout(() => {
      const request = commands.inspect(numbers.step, node);
      this.#asked = { node, request, at: performance.now() };
    }, wait);
    return () => clearTimeout(timer);
  }
}
