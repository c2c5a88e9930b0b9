/** What the user prefers, remembered on this device. */

import type { RecordLevel } from '../protocol';
import { loadJson, save } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export type View = 'graph' | 'gradients' | 'plots';
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
}

const DEFAULTS: Values = {
  theme: 'system',
  record: 'light',
  backend: 'browser',
  shapes: true,
  gradients: true,
  view: 'graph',
};

const CHOICES: Partial<Record<keyof Values, readonly unknown[]>> = {
  theme: ['system', 'light', 'dark'],
  record: ['off', 'light', 'full'],
  backend: ['browser', 'server'],
  view: ['graph', 'gradients', 'plots'],
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

  set<K extends keyof Values>(key: K, value: Values[K]): void {
    this.#values = { ...this.#values, [key]: value };
    save('settings', JSON.stringify(this.#values));
  }
}
