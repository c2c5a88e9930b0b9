/** What the user prefers, remembered on this device. */

import type { RecordLevel } from '../protocol';
import { loadJson, save } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export type Palette = 'backlight' | 'cividis' | 'viridis' | 'grey';
export type Measure = 'norm' | 'rms' | 'ratio' | 'value' | 'zero' | 'dead';
export type Subject = 'parameters' | 'operations';
export type View = 'graph' | 'gradients' | 'plots';
/** Whether long lines of the console wrap: on narrow screens, or as chosen. */
export type Wrap = 'narrow' | 'always' | 'never';
export type BackendKind = 'browser' | 'server';

interface Values {
  theme: Theme;
  record: RecordLevel;
  backend: BackendKind;
  /** Whether the editor shows shapes at line ends, and gradients in its gutter. */
  shapes: boolean;
  gradients: boolean;
  /** What the centre of the page shows. */
  view: View;
  /** The colours of gradients, and whether they are relative to the median of the step. */
  palette: Palette;
  relative: boolean;
  /** What the map of gradients shows. */
  measure: Measure;
  subject: Subject;
  wrap: Wrap;
  /** How fast a step or a run is played: 1 is the usual. */
  speed: number;
}

const DEFAULTS: Values = {
  theme: 'system',
  record: 'light',
  backend: 'browser',
  shapes: true,
  gradients: true,
  view: 'graph',
  palette: 'backlight',
  relative: false,
  measure: 'norm',
  subject: 'parameters',
  wrap: 'narrow',
  speed: 1,
};

const CHOICES: Partial<Record<keyof Values, readonly unknown[]>> = {
  theme: ['system', 'light', 'dark'],
  record: ['off', 'light', 'full'],
  backend: ['browser', 'server'],
  view: ['graph', 'gradients', 'plots'],
  palette: ['backlight', 'cividis', 'viridis', 'grey'],
  measure: ['norm', 'rms', 'ratio', 'value', 'zero', 'dead'],
  subject: ['parameters', 'operations'],
  wrap: ['narrow', 'always', 'never'],
  speed: [0.25, 0.5, 1, 2, 4, 8],
};

/** Settings out of whatever was stored: field by field, unknown values become the default. */
export function restore(stored: unknown): Values {
  const values = { ...DEFAULTS } as Record<string, unknown>;
  if (typeof stored === 'object' && stored !== null) {
    for (const [key, fallback] of Object.entries(DEFAULTS)) {
      const value = (stored as Record<string, unknown>)[key];
      const allowed = CHOICES[key as keyof Values];
      if (typeof value === typeof fallback && (!allowed || allowed.includes(value)))
        values[key] = value;
    }
  }
  return values as unknown as Values;
}

export class Settings {
  #values = $state.raw<Values>(restore(loadJson('settings')));

  get theme(): Theme {
    return this.#values.theme;
  }

  get record(): RecordLevel {
    return this.#values.record;
  }

  get backend(): BackendKind {
    return this.#values.backend;
  }

  get shapes(): boolean {
    return this.#values.shapes;
  }

  get gradients(): boolean {
    return this.#values.gradients;
  }

  get view(): View {
    return this.#values.view;
  }

  get palette(): Palette {
    return this.#values.palette;
  }

  get relative(): boolean {
    return this.#values.relative;
  }

  get measure(): Measure {
    return this.#values.measure;
  }

  get subject(): Subject {
    return this.#values.subject;
  }

  get wrap(): Wrap {
    return this.#values.wrap;
  }

  get speed(): number {
    return this.#values.speed;
  }

  set<K extends keyof Values>(key: K, value: Values[K]): void {
    this.#values = { ...this.#values, [key]: value };
    save('settings', JSON.stringify(this.#values));
  }
}
