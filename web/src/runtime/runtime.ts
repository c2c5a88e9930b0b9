/** What runs programs for the page. Nothing above this knows where they run. */

import type { Command, Event } from '../protocol';

export { createBrowserRuntime } from './browser';
export { createServerRuntime, type ServerAddress } from './remote';

/** One event; `seq` counts from 0 in each run. What concerns no run has run "" and seq 0. */
export interface Envelope {
  run: string;
  seq: number;
  event: Event;
}

/** Takes events, already checked against the protocol, in the order they were made. */
export type Sink = (batch: Envelope[]) => void;

export interface Runtime {
  readonly kind: 'browser' | 'server';
  /** Make it ready; its progress comes through the sink. */
  start(): void;
  /** A run that comes before it is ready waits, and takes the place of one that waits already. */
  send(command: Command): void;
  /** End what runs and give everything back; nothing comes through the sink any more. */
  dispose(): void;
}
