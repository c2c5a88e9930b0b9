// What the pointer is over: at once, and after it has rested there (its card, and the others dimmed).

import type { Hit } from './view';

const REST_MS = 160;
const CARD_MS = 400;

export class Pointing {
  #hit = $state.raw<Hit | null>(null);
  #rests = $state(false);
  #card = $state(false);
  #resting: ReturnType<typeof setTimeout> | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  get hit(): Hit | null {
    return this.#hit;
  }

  /** The box that the pointer rests on, -1 for none. */
  get box(): number {
    return this.#rests && this.#hit ? this.#hit.box : -1;
  }

  get card(): Hit | null {
    return this.#card ? this.#hit : null;
  }

  /** Move onto something, or nothing; true where that is another thing than before. */
  to(next: Hit | null): boolean {
    if (next?.box === this.#hit?.box && next?.chip === this.#hit?.chip) return false;
    this.clear();
    this.#hit = next;
    if (!next) return true;
    this.#resting = setTimeout(() => (this.#rests = true), REST_MS);
    this.#lingering = setTimeout(() => (this.#card = true), CARD_MS);
    return true;
  }

  hideCard(): void {
    this.#card = false;
    clearTimeout(this.#lingering);
  }

  clear(): void {
    clearTimeout(this.#resting);
    this.hideCard();
    this.#hit = null;
    this.#rests = false;
  }
}
