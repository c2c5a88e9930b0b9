/** Light or dark: as the user chose, else as the system has it. */

import { MediaQuery } from 'svelte/reactivity';

export class EffectiveTheme {
  readonly #dark = new MediaQuery('(prefers-color-scheme: dark)', false);
  readonly #chosen: () => 'system' | 'light' | 'dark';
  readonly #palette: () => string;

  constructor(chosen: () => 'system' | 'light' | 'dark', palette: () => string) {
    this.#chosen = chosen;
    this.#palette = palette;
  }

  get name(): 'light' | 'dark' {
    const chosen = this.#chosen();
    return chosen === 'system' ? (this.#dark.current ? 'dark' : 'light') : chosen;
  }

  /** The theme and the colours of gradients: who draws reads the tokens anew when it changes. */
  get look(): string {
    return `${this.name} ${this.#palette()}`;
  }

  /** Put it on the page. */
  apply(): void {
    document.documentElement.dataset.theme = this.name;
    document.documentElement.dataset.palette = this.#palette();
  }
}

/** A token's value as the page has it now. */
export function token(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable);
}
