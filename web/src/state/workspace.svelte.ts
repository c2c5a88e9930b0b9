/** The program being written: kept on this device at every change, so that no work is lost. */

import { loadJson, save } from './storage';

/** Where the code came from before it was edited. */
export interface Origin {
  kind: 'example' | 'link' | 'blank';
  /** The example's id; empty for the others. */
  id: string;
}

export interface Draft {
  name: string;
  code: string;
  origin: Origin;
}

/** Edited code that was replaced by something else. */
export interface KeptDraft extends Draft {
  /** When it was put aside, milliseconds since 1970. */
  at: number;
}

/** `pending`: a moment after the last key it is written. */
export type Keeping = 'kept' | 'pending' | 'refused';

/** Most drafts kept; the oldest goes first. */
export const MAX_DRAFTS = 12;
export const MAX_CODE = 1_000_000;

function draft(stored: unknown): Draft | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { name, code, origin } = stored as Record<string, unknown>;
  if (typeof name !== 'string' || typeof code !== 'string' || code.length > MAX_CODE) return null;
  const { kind, id } = (origin ?? {}) as Record<string, unknown>;
  return {
    name: cleanName(name),
    code,
    origin: {
      kind: kind === 'example' || kind === 'link' ? kind : 'blank',
      id: typeof id === 'string' ? id : '',
    },
  };
}

/** A file name for display and tracebacks: one line, no path, ends in .py. */
export function cleanName(name: string): string {
  const bare = name
    .replace(/[^\p{L}\p{N} ._-]/gu, '')
    .trim()
    .slice(0, 80);
  if (!bare || bare === '.py') return 'main.py';
  return bare.endsWith('.py') ? bare : `${bare}.py`;
}

export class Workspace {
  #name = $state('main.py');
  #code = $state.raw('');
  #origin = $state.raw<Origin>({ kind: 'blank', id: '' });
  #edited = $state(false);
  #keeping = $state<Keeping>('kept');
  #drafts = $state.raw<readonly KeptDraft[]>([]);
  /** Rises whenever the code is replaced rather than typed. */
  #replaced = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get name(): string {
    return this.#name;
  }

  get code(): string {
    return this.#code;
  }

  get origin(): Origin {
    return this.#origin;
  }

  /** Whether the code differs from where it came from. */
  get edited(): boolean {
    return this.#edited;
  }

  /** Whether the browser keeps the code as it is now. */
  get keeping(): Keeping {
    return this.#keeping;
  }

  get drafts(): readonly KeptDraft[] {
    return this.#drafts;
  }

  get replaced(): number {
    return this.#replaced;
  }

  /** Take up what was left the last time, or `first`; `example` gives an example by its id. */
  open(first: Draft, example: (id: string) => Draft | null): void {
    const stored = loadJson('workspace') as Record<string, unknown> | null;
    this.#drafts = (Array.isArray(stored?.drafts) ? (stored.drafts as unknown[]) : [])
      .map((entry) => ({ ...draft(entry), at: Number((entry as KeptDraft | null)?.at) || 0 }))
      .filter((entry): entry is KeptDraft => typeof entry.code === 'string')
      .slice(0, MAX_DRAFTS);
    const last = draft(stored);
    // An example that was not touched is opened anew: it may have been improved meanwhile.
    if (last && stored?.edited === true) this.#take(last, true);
    else if (last?.origin.kind === 'link') this.#take(last, false);
    else this.#take((last && example(last.origin.id)) ?? first, false);
  }

  /** The user typed. */
  edit(code: string): void {
    if (code === this.#code) return;
    this.#code = code;
    this.#edited = true;
    this.#keeping = 'pending';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), 400);
  }

  /** Name the file; returns the name as it was taken. */
  rename(name: string): string {
    this.#name = cleanName(name);
    this.flush();
    return this.#name;
  }

  /** Put other code in the editor; edited code that it replaces is kept as a draft. */
  replace(next: Draft): void {
    if (this.#edited && this.#code.trim() && this.#code !== next.code) {
      const old: KeptDraft = {
        name: this.#name,
        code: this.#code,
        origin: this.#origin,
        at: Date.now(),
      };
      this.#drafts = [old, ...this.#drafts.filter((d) => d.code !== old.code)].slice(0, MAX_DRAFTS);
    }
    this.#take(next, false);
    this.flush();
  }

  /** Take a kept draft up again. */
  reopen(kept: KeptDraft): void {
    this.replace(kept);
    this.#edited = true;
    this.#drafts = this.#drafts.filter((d) => d !== kept);
    this.flush();
  }

  /** Write to the device now: also called when the page is hidden. */
  flush(): void {
    clearTimeout(this.#timer);
    const { name, code, origin, edited } = this;
    // Where there is no room for all, the code in the editor comes before what was put aside.
    for (let count = this.#drafts.length; count >= 0; count--) {
      const drafts = this.#drafts.slice(0, count);
      if (save('workspace', JSON.stringify({ name, code, origin, edited, drafts }))) {
        this.#keeping = 'kept';
        return;
      }
    }
    this.#keeping = 'refused';
  }

  #take(next: Draft, edited: boolean): void {
    this.#name = cleanName(next.name);
    this.#code = next.code;
    this.#origin = next.origin;
    this.#edited = edited;
    this.#keeping = 'kept';
    this.#replaced++;
  }
}
