/** Light or dark: as the user chose, else as the system has it. */

import { MediaQuery } from 'svelte/reactivity';

export class EffectiveTheme {
  readonly #dark = new MediaQuery('(prefers-color-scheme: dark)', false);
  readonly #chosen: () => 'system' | 'light' | 'dark';

  constructor(chosen: () => 'system' | 'light' | 'dark') {
    this.#chosen = chosen;
  }

  get name(): 'light' | 'dark' {
    const chosen = this.#chosen();
    return chosen === 'system' ? (this.#dark.current ? 'dark' : 'light') : chosen;
  }

  /** Put it on the page. */
  apply(): void {
    const chosen = this.#chosen();
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  }
}

/** A token's value as the page has it now. */
export function token(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable);
}
