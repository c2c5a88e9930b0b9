/** A place where programs run, and how ready it is. The page has two: the browser and the server. */

import type { Environment, Event, Loading, Reason } from '../protocol';
import type { BackendKind } from './settings.svelte';

export type Readiness =
  | { state: 'off' }
  | { state: 'loading' }
  | { state: 'ready' }
  | { state: 'lost'; reason: Reason; text: string };

export interface Stage {
  name: string;
  loaded: number;
  /** 0 where it is unknown. */
  total: number;
  done: boolean;
}

const MAX_STAGES = 16;

export class Backend {
  readonly kind: BackendKind;
  #readiness = $state.raw<Readiness>({ state: 'off' });
  #stages = $state.raw<readonly Stage[]>([]);
  #environment = $state.raw<Environment | null>(null);
  /** Seconds from the start to ready. */
  #took = $state(0);
  #startedAt = 0;

  constructor(kind: BackendKind) {
    this.kind = kind;
  }

  get readiness(): Readiness {
    return this.#readiness;
  }

  /** What is loaded, in order; the last one is in progress until the backend is ready. */
  get stages(): readonly Stage[] {
    return this.#stages;
  }

  get environment(): Environment | null {
    return this.#environment;
  }

  get took(): number {
    return this.#took;
  }

  /** Bytes of all stages whose size is known. */
  get bytes(): { loaded: number; total: number } {
    return this.#stages.reduce(
      (sum, stage) => ({ loaded: sum.loaded + stage.loaded, total: sum.total + stage.total }),
      { loaded: 0, total: 0 },
    );
  }

  started(): void {
    this.#readiness = { state: 'loading' };
    this.#stages = [];
    this.#startedAt = performance.now();
  }

  /** The backend cannot be used, and why. */
  failed(reason: Reason, text: string): void {
    this.#readiness = { state: 'lost', reason, text };
  }

  /** Take an event of the backend itself (one that belongs to no run). */
  accept(event: Event): void {
    if (event.type === 'loading') this.#load(event);
    else if (event.type === 'environment') this.#environment = event;
    else if (event.type === 'state') this.#enter(event.state, event.reason, event.text);
  }

  #load(event: Loading): void {
    if (this.#readiness.state !== 'loading') this.started();
    const at = this.#stages.findIndex((stage) => stage.name === event.stage);
    const stage: Stage = {
      name: event.stage,
      loaded: event.loaded,
      total: event.total,
      done: event.total > 0 && event.loaded >= event.total,
    };
    const stages = [...this.#stages];
    if (at >= 0) stages[at] = stage;
    else if (stages.length < MAX_STAGES) {
      const last = stages.at(-1);
      if (last && last.total === 0) stages[stages.length - 1] = { ...last, done: true };
      stages.push(stage);
    }
    this.#stages = stages;
  }

  #enter(state: string, reason: Reason, text: string): void {
    switch (state) {
      case 'loading':
        if (this.#readiness.state !== 'loading') this.started();
        return;
      case 'ready':
        this.#stages = this.#stages.map((stage) => ({ ...stage, done: true }));
        if (this.#startedAt) this.#took = (performance.now() - this.#startedAt) / 1000;
        this.#startedAt = 0;
        this.#readiness = { state: 'ready' };
        return;
      case 'lost':
        this.failed(reason, text);
    }
  }
}
