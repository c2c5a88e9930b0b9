/** What a program wrote, as lines: joined per stream, bounded, with notes of what is not kept. */

export type Kind = 'stdout' | 'stderr' | 'note' | 'input';

export interface ConsoleLine {
  /** Counts from 0 over the whole run, so that a line keeps its identity when others go. */
  id: number;
  kind: Kind;
  text: string;
}

export interface ConsoleBounds {
  lines: number;
  /** Characters of one line; what is longer is cut and says so. */
  width: number;
  /** Characters in all. */
  total: number;
}

export const BOUNDS: ConsoleBounds = { lines: 10_000, width: 8_192, total: 4_000_000 };

/** Colour and cursor commands of terminals: the console shows plain text. */
const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-_])/g;
/** Characters that would move or hide text; a tab stays. */
const CONTROL =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export class ConsoleLog {
  readonly #bounds: ConsoleBounds;
  #lines: ConsoleLine[] = [];
  #next = 0;
  #characters = 0;
  #forgotten = 0;
  /** The unfinished line of each stream, if the last piece had no newline. */
  #open: Partial<Record<Kind, ConsoleLine>> = {};
  /** A carriage return came: the next piece of the stream replaces its unfinished line. */
  #rewind: Partial<Record<Kind, boolean>> = {};

  constructor(bounds: ConsoleBounds = BOUNDS) {
    this.#bounds = bounds;
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  /** How many of the earliest lines are not kept. */
  get forgotten(): number {
    return this.#forgotten;
  }

  clear(): void {
    this.#lines = [];
    this.#characters = 0;
    this.#forgotten = 0;
    this.#open = {};
    this.#rewind = {};
  }

  /** Add a piece of a stream; pieces of one stream join to lines. */
  write(kind: Kind, text: string): void {
    const pieces = text.replace(ANSI, '').replace(/\r+\n/g, '\n').split('\n');
    pieces.forEach((piece, index) => {
      this.#append(kind, piece);
      if (index < pieces.length - 1) this.#end(kind);
    });
    this.#trim();
  }

  /** Add one whole line that the program did not write. */
  note(text: string): void {
    this.#push({ id: this.#next++, kind: 'note', text });
    this.#trim();
  }

  /** The kept lines as one text, for copying. */
  text(): string {
    return this.#lines.map((line) => line.text).join('\n');
  }

  #append(kind: Kind, piece: string): void {
    const returned = piece.lastIndexOf('\r');
    if (returned >= 0) {
      // As in a terminal: what follows the last return is written over the line.
      const before = piece.slice(0, returned);
      const last = before.slice(before.lastIndexOf('\r') + 1);
      if (last) this.#set(kind, last);
      this.#rewind[kind] = true;
      piece = piece.slice(returned + 1);
    }
    piece = piece.replace(CONTROL, '\ufffd');
    if (!piece) return;
    if (this.#rewind[kind]) {
      this.#rewind[kind] = false;
      this.#set(kind, piece);
    } else {
      this.#set(kind, (this.#open[kind]?.text ?? '') + piece);
    }
  }

  #set(kind: Kind, text: string): void {
    if (text.length > this.#bounds.width) text = `${text.slice(0, this.#bounds.width)} … (cut)`;
    const open = this.#open[kind];
    const at = open && this.#lines.length ? open.id - this.#lines[0].id : -1;
    if (open && at >= 0) {
      // A changed line is another object: whoever draws compares by identity.
      const line = { ...open, text };
      this.#characters += text.length - open.text.length;
      this.#lines[at] = line;
      this.#open[kind] = line;
      return;
    }
    const line: ConsoleLine = { id: this.#next++, kind, text };
    this.#open[kind] = line;
    this.#push(line);
  }

  #end(kind: Kind): void {
    if (!this.#open[kind]) this.#push({ id: this.#next++, kind, text: '' });
    delete this.#open[kind];
    delete this.#rewind[kind];
  }

  #push(line: ConsoleLine): void {
    this.#lines.push(line);
    this.#characters += line.text.length;
  }

  #trim(): void {
    const { lines, total } = this.#bounds;
    if (this.#lines.length <= lines && this.#characters <= total) return;
    // A tenth more than needed goes at once, so that a flood does not copy the list line by line.
    let from = Math.max(0, this.#lines.length - Math.floor(lines * 0.9));
    let characters = this.#characters;
    for (let i = 0; i < from; i++) characters -= this.#lines[i].text.length;
    while (characters > total && from < this.#lines.length - 1) {
      characters -= this.#lines[from++].text.length;
    }
    this.#lines = this.#lines.slice(from);
    this.#characters = characters;
    this.#forgotten += from;
  }
}
