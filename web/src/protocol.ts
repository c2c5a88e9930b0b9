/**
 * Every message between the page and a running program, with the checks of what arrives.
 *
 * Generated from `engine/backlight/session/protocol.py` by `tools/protocol_ts.py`: change that file
 * and run `python tools/protocol_ts.py`. A schema checks one message in itself (kinds, lengths,
 * whole and finite numbers) and drops what it does not know; whether columns fit each other is for
 * the reader to check.
 */
import * as v from 'valibot';

const integer = v.pipe(v.number(), v.safeInteger());
const finite = v.pipe(v.number(), v.finite());

export const PROTOCOL = 1;

/** A typed array of one kind and of at most `max` elements. */
function typedArray<T extends { readonly length: number }>(kind: new () => T, max: number) {
  return v.custom<T>(
    (value) => value instanceof kind && value.length <= max,
    `Expected ${kind.name} of at most ${max}`,
  );
}

const f32 = typedArray(Float32Array, 4_000_000);

const f64 = typedArray(Float64Array, 4_000_000);

const i32 = typedArray(Int32Array, 4_000_000);

const u8 = typedArray(Uint8Array, 4_000_000);

const id = v.pipe(v.string(), v.maxLength(64));

const name = v.pipe(v.string(), v.maxLength(512));

const line = v.pipe(v.string(), v.maxLength(4_096));

const text = v.pipe(v.string(), v.maxLength(262_144));

const code = v.pipe(v.string(), v.maxLength(1_000_000));

const shape = v.pipe(v.array(integer), v.maxLength(64));

export const RecordLevelSchema = v.picklist(['off', 'light', 'full']);
export type RecordLevel = v.InferOutput<typeof RecordLevelSchema>;

export const StateSchema = v.picklist([
  'loading',
  'ready',
  'queued',
  'running',
  'paused',
  'waiting',
  'stopping',
  'finished',
  'failed',
  'stopped',
  'lost',
]);
export type State = v.InferOutput<typeof StateSchema>;

export const ReasonSchema = v.picklist([
  '',
  'user',
  'wall',
  'cpu',
  'memory',
  'output',
  'events',
  'processes',
  'crash',
  'replaced',
  'shutdown',
  'unreachable',
  'refused',
]);
export type Reason = v.InferOutput<typeof ReasonSchema>;

/** Run a program from its beginning. */
export const RunSchema = v.object({
  run: id,
  code: code,
  filename: name,
  record: RecordLevelSchema,
  type: v.literal('run'),
});
export type Run = v.InferOutput<typeof RunSchema>;

/** End the program (KeyboardInterrupt first, force after a second). */
export const StopSchema = v.object({
  run: id,
  type: v.literal('stop'),
});
export type Stop = v.InferOutput<typeof StopSchema>;

/** Hold the program at the end of the step it is in. */
export const PauseSchema = v.object({
  run: id,
  type: v.literal('pause'),
});
export type Pause = v.InferOutput<typeof PauseSchema>;

/** Go on after a pause; `steps` > 0 pauses again after that many steps. */
export const ResumeSchema = v.object({
  run: id,
  steps: integer,
  type: v.literal('resume'),
});
export type Resume = v.InferOutput<typeof ResumeSchema>;

/** The line that `input()` waits for, without its newline. */
export const InputSchema = v.object({
  run: id,
  text: text,
  type: v.literal('input'),
});
export type Input = v.InferOutput<typeof InputSchema>;

/** Ask for the kept values of one node at one step; answered by `inspection`. */
export const InspectSchema = v.object({
  run: id,
  request: integer,
  step: integer,
  node: name,
  type: v.literal('inspect'),
});
export type Inspect = v.InferOutput<typeof InspectSchema>;

export const CommandSchema = v.variant('type', [
  RunSchema,
  StopSchema,
  PauseSchema,
  ResumeSchema,
  InputSchema,
  InspectSchema,
]);
export type Command = v.InferOutput<typeof CommandSchema>;

/** How far the start of an interpreter is; bytes, `total` 0 where it is unknown. */
export const LoadingSchema = v.object({
  stage: name,
  loaded: integer,
  total: integer,
  type: v.literal('loading'),
});
export type Loading = v.InferOutput<typeof LoadingSchema>;

/** The run entered another state. */
export const StateChangedSchema = v.object({
  state: StateSchema,
  reason: ReasonSchema,
  text: line,
  elapsed: finite,
  step: integer,
  type: v.literal('state'),
});
export type StateChanged = v.InferOutput<typeof StateChangedSchema>;

/** Text the program wrote; pieces of one stream are to be joined as they come. */
export const OutputSchema = v.object({
  stream: v.picklist(['stdout', 'stderr']),
  text: text,
  type: v.literal('output'),
});
export type Output = v.InferOutput<typeof OutputSchema>;

/** Where the program is; only the newest counts. Sent at most some ten times a second. */
export const ProgressSchema = v.object({
  step: integer,
  total: integer,
  line: integer,
  rate: finite,
  elapsed: finite,
  watching: finite,
  type: v.literal('progress'),
});
export type Progress = v.InferOutput<typeof ProgressSchema>;

/** A curve begins: one per `backward()` call site, or a loss of its kind under `no_grad`. */
export const SeriesAddedSchema = v.object({
  series: integer,
  name: name,
  line: integer,
  kind: v.picklist(['loss', 'validation']),
  type: v.literal('series'),
});
export type SeriesAdded = v.InferOutput<typeof SeriesAddedSchema>;

/** Points of curves, as columns of equal length, in the order they were made. */
export const PointsSchema = v.object({
  series: i32,
  step: i32,
  value: f64,
  type: v.literal('points'),
});
export type Points = v.InferOutput<typeof PointsSchema>;

/**
 * One call of the user's code, innermost last.
 *
 * Lines count from 1; columns from 0, in UTF-16 units as the page counts them.
 */
export const FrameSchema = v.object({
  function: name,
  line: integer,
  column: integer,
  end_line: integer,
  end_column: integer,
  text: line,
  branch: integer,
});
export type Frame = v.InferOutput<typeof FrameSchema>;

export const CutSchema = v.picklist([
  '',
  'detach',
  'no_grad',
  'data',
  'item',
  'integer',
  'discrete',
  'frozen',
  'unused',
]);
export type Cut = v.InferOutput<typeof CutSchema>;

/** A place where a node's value left the graph. */
export const EndSchema = v.object({
  kind: CutSchema,
  line: integer,
});
export type End = v.InferOutput<typeof EndSchema>;

/** One box of the graph. Its place in `Topology.nodes` is its number. */
export const NodeSchema = v.object({
  key: name,
  kind: v.picklist(['op', 'parameter', 'input', 'constant']),
  name: name,
  group: integer,
  shape: shape,
  dtype: name,
  device: name,
  requires_grad: v.boolean(),
  backward: name,
  formula: line,
  frames: v.pipe(v.array(FrameSchema), v.maxLength(32)),
  target: name,
  failed: v.boolean(),
  cut: CutSchema,
  ends: v.pipe(v.array(EndSchema), v.maxLength(16)),
  origin: integer,
});
export type Node = v.InferOutput<typeof NodeSchema>;

/** A value that flows from one node into another. */
export const EdgeSchema = v.object({
  source: integer,
  target: integer,
  slot: integer,
});
export type Edge = v.InferOutput<typeof EdgeSchema>;

/**
 * A box around nodes: a module, a function of the user or the engine, one turn of a loop, a
 * line of a program without these, or a backward pass that recorded a graph (`create_graph`).
 */
export const GroupSchema = v.object({
  key: name,
  kind: v.picklist(['module', 'function', 'loop', 'line', 'backward']),
  name: name,
  title: name,
  parent: integer,
  line: integer,
  fold: name,
  turn: integer,
});
export type Group = v.InferOutput<typeof GroupSchema>;

/** A graph that the program built; sent once for each distinct graph. */
export const TopologySchema = v.object({
  hash: id,
  step: integer,
  nodes: v.pipe(v.array(NodeSchema), v.maxLength(200_000)),
  edges: v.pipe(v.array(EdgeSchema), v.maxLength(400_000)),
  groups: v.pipe(v.array(GroupSchema), v.maxLength(100_000)),
  losses: v.pipe(v.array(integer), v.maxLength(1_000)),
  parameters: v.pipe(v.array(integer), v.maxLength(100_000)),
  complete: v.boolean(),
  type: v.literal('topology'),
});
export type Topology = v.InferOutput<typeof TopologySchema>;

/** Columns of `Numbers.values` and `Numbers.gradients`, row by row. */
export const STATISTICS = ['rms', 'mean', 'min', 'max', 'zero', 'nonfinite'] as const;

export const HISTOGRAM_BINS = 61;

export const HISTOGRAM_SMALLEST = -20;

export const HISTOGRAM_BASE = 4;

/** What one recorded step looked like, aligned with its topology's nodes. */
export const NumbersSchema = v.object({
  step: integer,
  topology: id,
  values: f32,
  gradients: f32,
  present: u8,
  order: i32,
  update: f32,
  losses: f64,
  times: f32,
  histograms: u8,
  seconds: f32,
  type: v.literal('numbers'),
});
export type Numbers = v.InferOutput<typeof NumbersSchema>;

/** Something is wrong, and where: the first op that made a value that is no number, say. */
export const FindingSchema = v.object({
  kind: name,
  severity: v.picklist(['error', 'warning', 'note']),
  step: integer,
  phase: v.picklist(['forward', 'backward', 'update']),
  title: name,
  text: line,
  op: name,
  node: name,
  frames: v.pipe(v.array(FrameSchema), v.maxLength(32)),
  heirs: integer,
  type: v.literal('finding'),
});
export type Finding = v.InferOutput<typeof FindingSchema>;

/** Values of one array: a leading block, `data` in row-major order of `block`. */
export const SampleSchema = v.object({
  shape: shape,
  block: shape,
  data: f64,
  type: v.literal('sample'),
});
export type Sample = v.InferOutput<typeof SampleSchema>;

/** An input of the op that raised. */
export const OperandSchema = v.object({
  name: name,
  shape: shape,
  dtype: name,
  line: integer,
});
export type Operand = v.InferOutput<typeof OperandSchema>;

/** The program raised: the user's own frames, innermost last. */
export const ErrorRaisedSchema = v.object({
  name: name,
  message: text,
  frames: v.pipe(v.array(FrameSchema), v.maxLength(64)),
  hidden: integer,
  step: integer,
  op: name,
  node: name,
  operands: v.pipe(v.array(OperandSchema), v.maxLength(16)),
  type: v.literal('error'),
});
export type ErrorRaised = v.InferOutput<typeof ErrorRaisedSchema>;

/** The answer to `inspect`. What was not kept is None, and `note` says why. */
export const InspectionSchema = v.object({
  request: integer,
  step: integer,
  node: name,
  note: line,
  value: v.nullable(SampleSchema),
  gradient: v.nullable(SampleSchema),
  type: v.literal('inspection'),
});
export type Inspection = v.InferOutput<typeof InspectionSchema>;

/** Something was left out so that the page stays responsive; counts since the last one. */
export const ThinnedSchema = v.object({
  what: v.picklist(['output', 'points', 'numbers', 'topology']),
  dropped: integer,
  type: v.literal('thinned'),
});
export type Thinned = v.InferOutput<typeof ThinnedSchema>;

/** What runs the program; the first event of every run. */
export const EnvironmentSchema = v.object({
  python: name,
  engine: name,
  array: name,
  device: name,
  record: RecordLevelSchema,
  type: v.literal('environment'),
});
export type Environment = v.InferOutput<typeof EnvironmentSchema>;

export const EventSchema = v.variant('type', [
  LoadingSchema,
  StateChangedSchema,
  OutputSchema,
  ProgressSchema,
  SeriesAddedSchema,
  PointsSchema,
  TopologySchema,
  NumbersSchema,
  ErrorRaisedSchema,
  FindingSchema,
  InspectionSchema,
  ThinnedSchema,
  EnvironmentSchema,
]);
export type Event = v.InferOutput<typeof EventSchema>;
