/**
 * What a run says about lines of the code, drawn in the editor. Lines are those of the program as it
 * ran: a mapping through every edit since puts each mark where its line is now.
 */

import {
  ChangeSet,
  countColumn,
  MapMode,
  RangeSet,
  RangeSetBuilder,
  StateEffect,
  StateField,
  Text,
} from '@codemirror/state';
import type { EditorState, Extension, Line, Range } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  gutter,
  gutterLineClass,
  GutterMarker,
  WidgetType,
} from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import type { Frame, Operand } from '../protocol';
import type { LineGradient, LineHint } from './lines';

export interface ErrorMark {
  frame: Frame;
  /** One sentence, then what explains it. */
  sentence: string;
  detail: string;
  operands: readonly Operand[];
}

export interface Marks {
  gradients: ReadonlyMap<number, LineGradient>;
  hints: ReadonlyMap<number, LineHint>;
  /** The line that is running now. */
  current: number | null;
  /** The line that is selected or pointed at elsewhere. */
  linked: number | null;
  /** The expression of the node that is selected or pointed at. */
  range: Frame | null;
  /** The calls that led there, outermost first. */
  calls: readonly Frame[];
  error: ErrorMark | null;
  /** Colour of a gradient's level. */
  colour: (level: number) => string;
  shapeText: (operand: Operand) => string;
}

export const setMarks = StateEffect.define<Marks | null>();
/** The code as it is now is what runs. */
export const setOrigin = StateEffect.define<null>();

interface Origin {
  doc: Text;
  changes: ChangeSet;
}

/** The program as it ran, and every edit since. */
const originField = StateField.define<Origin>({
  create: (state) => ({ doc: state.doc, changes: ChangeSet.empty(state.doc.length) }),
  update(value, transaction) {
    if (transaction.effects.some((effect) => effect.is(setOrigin))) {
      return { doc: transaction.newDoc, changes: ChangeSet.empty(transaction.newDoc.length) };
    }
    if (!transaction.docChanged) return value;
    return { doc: value.doc, changes: value.changes.compose(transaction.changes) };
  },
});

const marksField = StateField.define<Marks | null>({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) value = effect.value;
    return value;
  },
});

/** Whether the code is another than the one that ran; empty lines and comments are no code. */
export function isStale(state: EditorState): boolean {
  const origin = state.field(originField);
  if (origin.changes.empty || origin.doc.eq(state.doc)) return false;
  return codeOf(origin.doc) !== codeOf(state.doc);
}

function codeOf(doc: Text): string {
  const lines: string[] = [];
  for (const line of doc.iterLines()) if (!/^\s*(#|$)/.test(line)) lines.push(line.trimEnd());
  return lines.join('\n');
}

/** Where line `number` of the program that ran is now; null where it was deleted. */
export function lineNow(state: EditorState, number: number): Line | null {
  const { doc, changes } = state.field(originField);
  if (number < 1 || number > doc.lines) return null;
  const line = doc.line(number);
  // An empty line may have nothing left to track: it counts as kept.
  const tracked = changes.mapPos(line.from, 1, line.length ? MapMode.TrackAfter : MapMode.Simple);
  return tracked === null ? null : state.doc.lineAt(tracked);
}

/** The line of the program that ran which is now at `position`. */
export function lineThen(state: EditorState, position: number): number {
  const { doc, changes } = state.field(originField);
  const now = state.doc.lineAt(position);
  return doc.lineAt(Math.min(doc.length, changes.invertedDesc.mapPos(now.from, 1))).number;
}

/** The expression of a frame, where it still stands as it ran. */
function rangeNow(state: EditorState, frame: Frame): { from: number; to: number } | null {
  const { doc, changes } = state.field(originField);
  if (frame.line < 1 || frame.line > doc.lines) return null;
  const lastLine = Math.min(Math.max(frame.end_line, frame.line), doc.lines);
  const at = (number: number, column: number): number => {
    const line = doc.line(number);
    return Math.min(line.to, line.from + column);
  };
  const from = changes.mapPos(at(frame.line, frame.column), 1, MapMode.TrackAfter);
  const to = changes.mapPos(at(lastLine, frame.end_column), -1, MapMode.TrackBefore);
  return from === null || to === null || from >= to ? null : { from, to };
}

/** How far a hint is still true: of the code as it stands, of other code around it, of another line. */
type Age = 'now' | 'stale' | 'edited';

class HintWidget extends WidgetType {
  constructor(
    readonly hint: LineHint,
    readonly age: Age,
    /** Columns that the code of the line takes. */
    readonly columns: number,
  ) {
    super();
  }

  override eq(other: HintWidget): boolean {
    const [a, b] = [this.hint, other.hint];
    return (
      a.name === b.name &&
      a.text === b.text &&
      a.gradient === b.gradient &&
      other.age === this.age &&
      other.columns === this.columns
    );
  }

  toDOM(): HTMLElement {
    const { name, text, gradient } = this.hint;
    const place = element('span', 'cm-hint-place');
    // What does not fit beside the code is cut, with dots, rather than scrolled to.
    place.style.setProperty('--columns', String(this.columns));
    const hint = element('span', this.age === 'now' ? 'cm-hint' : 'cm-hint cm-hint-stale');
    // Beside the code, not in it: neither read as text of the program nor copied with it.
    place.setAttribute('aria-hidden', 'true');
    const made = element('b', '');
    made.textContent = text;
    hint.append(this.age === 'edited' ? 'was ' : '', name ? `${name} ` : '', made);
    if (gradient) hint.append(`  |g| ${gradient}`);
    place.title = this.#title();
    place.append(hint);
    return place;
  }

  #title(): string {
    const { name, text, gradient } = this.hint;
    const value = [name, text].filter(Boolean).join(' ');
    const said = gradient ? `${value}, gradient rms ${gradient}` : value;
    if (this.age === 'now') return said;
    const since = this.age === 'edited' ? 'this line' : 'the code';
    return `${said}\nFrom the last run: ${since} has changed since.`;
  }
}

class ErrorCard extends WidgetType {
  constructor(
    readonly error: ErrorMark,
    readonly shapeText: (operand: Operand) => string,
  ) {
    super();
  }

  override eq(other: ErrorCard): boolean {
    return other.error === this.error;
  }

  toDOM(): HTMLElement {
    const place = element('div', 'cm-error-place');
    const card = element('div', 'cm-error-card');
    place.append(card);
    card.setAttribute('role', 'note');
    card.setAttribute('aria-label', 'Error');
    const sentence = element('p', 'cm-error-sentence');
    sentence.textContent = this.error.sentence;
    card.append(sentence);
    if (this.error.detail) {
      const detail = element('p', 'cm-error-detail');
      detail.textContent = this.error.detail;
      card.append(detail);
    }
    if (this.error.operands.length) {
      const list = element('ul', 'cm-error-operands');
      for (const operand of this.error.operands) {
        const item = document.createElement('li');
        const name = document.createElement('code');
        name.textContent = `${operand.name} ${this.shapeText(operand)}`;
        item.append(name);
        if (operand.line) item.append(` made at line ${operand.line}`);
        list.append(item);
      }
      card.append(list);
    }
    return place;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

/** Bring out the decorations of the text: lines, expressions, line ends, the card. */
function decorate(state: EditorState): DecorationSet {
  const marks = state.field(marksField);
  if (!marks) return Decoration.none;
  const ranges: Range<Decoration>[] = [];
  const stale = isStale(state);
  const whole = (number: number | null, className: string): Line | null => {
    const line = number === null ? null : lineNow(state, number);
    if (line) ranges.push(Decoration.line({ class: className }).range(line.from));
    return line;
  };
  const part = (frame: Frame | null, className: string): void => {
    const range = frame && rangeNow(state, frame);
    if (range) ranges.push(Decoration.mark({ class: className }).range(range.from, range.to));
  };

  const { error } = marks;
  const failed = error ? whole(error.frame.line, 'cm-failed') : null;
  if (marks.current !== null && marks.current !== error?.frame.line)
    whole(marks.current, 'cm-current');
  whole(marks.linked, 'cm-linked');
  for (const frame of marks.calls) part(frame, 'cm-linked-call');
  part(marks.range, 'cm-linked-range');
  if (error && failed) {
    part(error.frame, 'cm-failed-range');
    const end = rangeNow(state, error.frame)?.to ?? failed.to;
    const widget = new ErrorCard(error, marks.shapeText);
    ranges.push(
      Decoration.widget({ widget, block: true, side: 1 }).range(state.doc.lineAt(end).to),
    );
  }
  const { doc } = state.field(originField);
  for (const [number, hint] of marks.hints) {
    const line = number === error?.frame.line ? null : lineNow(state, number);
    if (!line) continue;
    const edited = line.text.trimEnd() !== doc.line(number).text.trimEnd();
    const age = !stale ? 'now' : edited ? 'edited' : 'stale';
    const widget = new HintWidget(hint, age, countColumn(line.text, state.tabSize));
    ranges.push(Decoration.widget({ widget, side: 1 }).range(line.to));
  }
  return Decoration.set(ranges, true);
}

class HeatMarker extends GutterMarker {
  constructor(
    readonly gradient: LineGradient,
    readonly colour: string,
  ) {
    super();
  }

  override eq(other: HeatMarker): boolean {
    return other.colour === this.colour && other.gradient.text === this.gradient.text;
  }

  override toDOM(): HTMLElement {
    const mark = element('span', `cm-heat-mark cm-heat-${this.gradient.mark}`);
    mark.title = this.gradient.text;
    mark.style.setProperty('--heat', this.colour);
    return mark;
  }
}

class SignMarker extends GutterMarker {
  override toDOM(): HTMLElement {
    const sign = element('span', 'cm-sign-error');
    sign.title = 'The program stopped here';
    sign.innerHTML =
      '<svg viewBox="0 0 14 14" width="12" height="12" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" aria-hidden="true"><path d="M4.9 1.5h4.2l3.4 3.4v4.2l-3.4 3.4H4.9L1.5 9.1V4.9z"/><path d="M5.2 5.2l3.6 3.6M8.8 5.2L5.2 8.8"/></svg>';
    return sign;
  }
}

const errorSign = new SignMarker();

function gutterMarks<T>(
  state: EditorState,
  lines: Iterable<[number, T]>,
  make: (value: T, marks: Marks) => GutterMarker,
): RangeSet<GutterMarker> {
  const marks = state.field(marksField);
  if (!marks) return RangeSet.empty;
  const placed: [number, GutterMarker][] = [];
  for (const [number, value] of lines) {
    const line = lineNow(state, number);
    if (line) placed.push([line.from, make(value, marks)]);
  }
  placed.sort((a, b) => a[0] - b[0]);
  const builder = new RangeSetBuilder<GutterMarker>();
  for (const [from, marker] of placed) builder.add(from, from, marker);
  return builder.finish();
}

class RowMarker extends GutterMarker {
  constructor(override readonly elementClass: string) {
    super();
  }

  override eq(other: RowMarker): boolean {
    return other.elementClass === this.elementClass;
  }
}

const rows = {
  current: new RowMarker('cm-current'),
  linked: new RowMarker('cm-linked'),
  failed: new RowMarker('cm-failed'),
};

/** The gutters share the ground of a marked line; where a line is marked twice, the last one holds. */
function markedRows(state: EditorState): RangeSet<GutterMarker> {
  const marks = state.field(marksField);
  if (!marks) return RangeSet.empty;
  const lines = new Map<number, GutterMarker>();
  if (marks.current !== null) lines.set(marks.current, rows.current);
  if (marks.linked !== null) lines.set(marks.linked, rows.linked);
  if (marks.error) lines.set(marks.error.frame.line, rows.failed);
  return gutterMarks(state, lines, (marker) => marker);
}

const changed = (view: {
  startState: EditorState;
  state: EditorState;
  docChanged: boolean;
}): boolean =>
  view.docChanged || view.startState.field(marksField) !== view.state.field(marksField);

/** Left of the line numbers: where the program stopped. */
export const signGutter: Extension = gutter({
  class: 'cm-signs',
  markers: (view) => {
    const error = view.state.field(marksField)?.error;
    return gutterMarks(view.state, error ? [[error.frame.line, null]] : [], () => errorSign);
  },
  lineMarkerChange: changed,
  initialSpacer: () => errorSign,
});

/** Between the line numbers and the code: the gradient of each line. */
export const heatGutter: Extension = gutter({
  class: 'cm-heat',
  markers: (view) =>
    gutterMarks(
      view.state,
      view.state.field(marksField)?.gradients ?? [],
      (gradient, marks) => new HeatMarker(gradient, marks.colour(gradient.level)),
    ),
  lineMarkerChange: changed,
});

export const marksExtension: Extension = [
  originField,
  marksField,
  gutterLineClass.compute([originField, marksField, 'doc'], markedRows),
  EditorView.decorations.compute([originField, marksField, 'doc'], decorate),
];
