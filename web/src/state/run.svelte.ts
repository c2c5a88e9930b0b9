/** One run of a program: what its events add up to, for the panels to read. */

import type {
  Environment,
  ErrorRaised,
  Event,
  Finding,
  Inspection,
  Numbers,
  Progress,
  Reason,
  State,
  Topology,
} from '../protocol';
import { numbersBytes, numbersProblem, topologyProblem } from './checks';
import { ConsoleLog } from './console';
import { Curve } from './curve';
import { Recording } from './recording';

/** Where the run is. `idle`: nothing was run since the page opened. */
export interface Status {
  state: State | 'idle';
  reason: Reason;
  /** One sentence, or the prompt of input(). */
  text: string;
  /** Seconds since the program's first line. */
  elapsed: number;
  /** Training steps completed. */
  step: number;
}

const IDLE: Status = { state: 'idle', reason: '', text: '', elapsed: 0, step: 0 };

const ACTIVE: ReadonlySet<Status['state']> = new Set([
  'loading',
  'queued',
  'running',
  'paused',
  'waiting',
  'stopping',
]);

/** Most graphs kept; a program may build another one at each step. */
const MAX_TOPOLOGIES = 64;
const MAX_CURVES = 64;
const MAX_INSPECTIONS = 50;
const MAX_FINDINGS = 200;

/** The program as it was when it was started. */
export interface Program {
  run: string;
  code: string;
  filename: string;
  backend: 'browser' | 'server';
}

export class Run {
  #program = $state.raw<Program | null>(null);
  #status = $state.raw<Status>(IDLE);
  #progress = $state.raw<Progress | null>(null);
  #environment = $state.raw<Environment | null>(null);
  #error = $state.raw<ErrorRaised | null>(null);
  /** Counts the changes of each kind: the data themselves are plain and large. */
  #consoleVersion = $state(0);
  #pointsVersion = $state(0);
  #stepsVersion = $state(0);
  #inspectionsVersion = $state(0);
  #thinned = $state.raw<Readonly<Record<string, number>>>({});

  readonly #console = new ConsoleLog();
  #curves: Curve[] = [];
  #curveById = new Map<number, Curve>();
  #topologies = new Map<string, Topology>();
  #graphChanges: { step: number; hash: string }[] = [];
  #recording = new Recording<Numbers>(numbersBytes);
  #inspections = new Map<number, Inspection>();
  #partial: Topology | null = null;
  #findings = $state.raw<readonly Finding[]>([]);

  // What panels read ------------------------------------------------------------------------

  /** The program of this run, null before the first. */
  get program(): Program | null {
    return this.#program;
  }

  get status(): Status {
    return this.#status;
  }

  /** Whether the program has begun, or is going to, and has not ended. */
  get active(): boolean {
    return ACTIVE.has(this.#status.state);
  }

  get progress(): Progress | null {
    return this.#progress;
  }

  get environment(): Environment | null {
    return this.#environment;
  }

  get error(): ErrorRaised | null {
    return this.#error;
  }

  get console(): ConsoleLog {
    void this.#consoleVersion;
    return this.#console;
  }

  get consoleVersion(): number {
    return this.#consoleVersion;
  }

  /** Curves in the order they began; read again when `pointsVersion` rises. */
  get curves(): readonly Curve[] {
    void this.#pointsVersion;
    return this.#curves;
  }

  get pointsVersion(): number {
    return this.#pointsVersion;
  }

  /** Recorded steps, ascending. */
  get steps(): readonly Numbers[] {
    void this.#stepsVersion;
    return this.#recording.entries;
  }

  get stepsVersion(): number {
    return this.#stepsVersion;
  }

  /** Bytes of the recorded steps, and how many were thinned away. */
  get recorded(): { bytes: number; dropped: number } {
    void this.#stepsVersion;
    return { bytes: this.#recording.bytes, dropped: this.#recording.dropped };
  }

  /** The recorded step that is shown at `step`: that one, else the newest before it. */
  numbersAt(step: number | null): Numbers | null {
    void this.#stepsVersion;
    return (step === null ? this.#recording.last : this.#recording.at(step)) ?? null;
  }

  topology(hash: string): Topology | null {
    void this.#stepsVersion;
    return this.#topologies.get(hash) ?? null;
  }

  /** The graph that arrived last, also before it has numbers. */
  get latestTopology(): Topology | null {
    void this.#stepsVersion;
    return [...this.#topologies.values()].at(-1) ?? null;
  }

  /** The graph of the step that raised, up to the op that did. */
  get partialTopology(): Topology | null {
    void this.#stepsVersion;
    return this.#partial;
  }

  /** The newest graph of a step that came to its end. */
  get completeTopology(): Topology | null {
    void this.#stepsVersion;
    return [...this.#topologies.values()].findLast((topology) => topology.complete) ?? null;
  }

  /** Steps at which a graph was seen that had not been seen before. */
  get graphChanges(): readonly { step: number; hash: string }[] {
    void this.#stepsVersion;
    return this.#graphChanges;
  }

  /** The newest step that anything is known of. */
  get latestStep(): number {
    return Math.max(this.#status.step, this.#progress?.step ?? 0, this.numbersAt(null)?.step ?? 0);
  }

  /** What is wrong, in the order it was found. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  inspection(request: number): Inspection | null {
    void this.#inspectionsVersion;
    return this.#inspections.get(request) ?? null;
  }

  /** How much was left out so that the page stays responsive, by what. */
  get thinned(): Readonly<Record<string, number>> {
    return this.#thinned;
  }

  // What changes it -------------------------------------------------------------------------

  /** Begin another run: everything of the last one is forgotten. */
  begin(program: Program, status: Partial<Status> = {}): void {
    this.#program = program;
    this.#status = { ...IDLE, state: 'loading', ...status };
    this.#progress = null;
    this.#environment = null;
    this.#error = null;
    this.#thinned = {};
    this.#console.clear();
    this.#curves = [];
    this.#curveById.clear();
    this.#topologies.clear();
    this.#graphChanges = [];
    this.#recording = new Recording<Numbers>(numbersBytes);
    this.#inspections.clear();
    this.#partial = null;
    this.#findings = [];
    this.#consoleVersion++;
    this.#pointsVersion++;
    this.#stepsVersion++;
    this.#inspectionsVersion++;
  }

  /** The run cannot go on, for a reason that did not come from the program. */
  end(state: 'stopped' | 'lost', reason: Reason, text: string): void {
    this.#status = { ...this.#status, state, reason, text };
  }

  /** Take one event of this run. */
  accept(event: Event): void {
    switch (event.type) {
      case 'loading':
        return; // of the interpreter, not of the run: see `Backend`
      case 'state':
        this.#status = {
          state: event.state,
          reason: event.reason,
          text: event.text,
          elapsed: event.elapsed || this.#status.elapsed,
          step: Math.max(event.step, this.#status.step),
        };
        return;
      case 'output':
        this.#console.write(event.stream, event.text);
        this.#consoleVersion++;
        return;
      case 'progress':
        this.#progress = event;
        return;
      case 'series':
        this.#addCurve(new Curve({ ...event, id: event.series }));
        return;
      case 'points':
        this.#addPoints(event.series, event.step, event.value);
        return;
      case 'topology':
        this.#addTopology(event);
        return;
      case 'numbers':
        this.#addNumbers(event);
        return;
      case 'error':
        this.#error = event;
        return;
      case 'finding':
        this.#findings = [...this.#findings, event].slice(-MAX_FINDINGS);
        this.#note(`Step ${event.step}: ${event.text}`);
        return;
      case 'inspection':
        this.#inspections.set(event.request, event);
        for (const old of this.#inspections.keys()) {
          if (this.#inspections.size <= MAX_INSPECTIONS) break;
          this.#inspections.delete(old);
        }
        this.#inspectionsVersion++;
        return;
      case 'thinned':
        this.#thin(event.what, event.dropped);
        return;
      case 'environment':
        this.#environment = event;
        return;
      default:
        event satisfies never;
    }
  }

  /** Show a line that the user gave to input(). */
  echo(text: string): void {
    this.#console.write('input', `${text}\n`);
    this.#consoleVersion++;
  }

  clearConsole(): void {
    this.#console.clear();
    this.#consoleVersion++;
  }

  #note(text: string): void {
    this.#console.note(text);
    this.#consoleVersion++;
  }

  #thin(what: string, dropped: number): void {
    this.#thinned = { ...this.#thinned, [what]: (this.#thinned[what] ?? 0) + dropped };
    if (what === 'output') {
      this.#note(
        `${dropped.toLocaleString('en')} characters left out here: the program writes faster than can be shown.`,
      );
    }
  }

  #addCurve(curve: Curve): void {
    if (this.#curveById.has(curve.id)) return;
    if (this.#curves.length === MAX_CURVES) {
      this.#note(`More than ${MAX_CURVES} curves: the further ones are not drawn.`);
    }
    if (this.#curves.length >= MAX_CURVES) return;
    this.#curves = [...this.#curves, curve];
    this.#curveById.set(curve.id, curve);
    this.#pointsVersion++;
  }

  #addPoints(series: Int32Array, step: Int32Array, value: Float64Array): void {
    if (series.length !== step.length || series.length !== value.length) {
      this.#refuse('points', 'its columns differ in length');
      return;
    }
    for (let i = 0; i < series.length; i++) this.#curveById.get(series[i])?.push(step[i], value[i]);
    this.#pointsVersion++;
  }

  #addTopology(topology: Topology): void {
    const problem = topologyProblem(topology);
    if (problem) {
      this.#refuse('a graph', problem);
      return;
    }
    if (!topology.complete) this.#partial = topology;
    const known = this.#topologies.has(topology.hash);
    this.#topologies.set(topology.hash, topology);
    if (!known)
      this.#graphChanges = [...this.#graphChanges, { step: topology.step, hash: topology.hash }];
    for (const [hash, old] of this.#topologies) {
      if (this.#topologies.size <= MAX_TOPOLOGIES) break;
      if (old === topology) continue;
      this.#topologies.delete(hash);
      this.#graphChanges = this.#graphChanges.filter((change) => change.hash !== hash);
      this.#recording.remove((numbers) => numbers.topology === hash);
    }
    this.#stepsVersion++;
  }

  #addNumbers(numbers: Numbers): void {
    const topology = this.#topologies.get(numbers.topology);
    const problem = topology ? numbersProblem(numbers, topology) : 'its graph never came';
    if (problem) {
      this.#refuse(`step ${numbers.step}`, problem);
      return;
    }
    this.#recording.add(numbers);
    this.#stepsVersion++;
  }

  /** Say once what kind of message did not hold together; the run goes on without it. */
  #refuse(what: string, problem: string): void {
    const refused = this.#thinned.refused ?? 0;
    this.#thinned = { ...this.#thinned, refused: refused + 1 };
    if (refused < 3) this.#note(`A message of the program was refused (${what}: ${problem}).`);
  }
}
