/** What the user can do with a run, whichever way it was asked for: button, key or menu. */

import type { Command } from './protocol';
import {
  createBrowserRuntime,
  createServerRuntime,
  type Envelope,
  type Runtime,
} from './runtime/runtime';
import type { Backend } from './state/backend.svelte';
import type { Cursor } from './state/cursor.svelte';
import type { Run } from './state/run.svelte';
import type { Selection } from './state/selection.svelte';
import type { BackendKind, Settings } from './state/settings.svelte';
import type { Workspace } from './state/workspace.svelte';

export interface Desk {
  workspace: Workspace;
  run: Run;
  cursor: Cursor;
  selection: Selection;
  settings: Settings;
  backends: Record<BackendKind, Backend>;
  /** The server's address and token. */
  server: { base: string; token: string };
}

/** What the run buttons can do now. */
export type Mode = 'idle' | 'starting' | 'running' | 'paused' | 'stopping';

export class Commands {
  readonly #desk: Desk;
  #runtimes: Partial<Record<BackendKind, Runtime>> = {};
  #runs = 0;
  #request = 0;
  /** Rises when a run begins. */
  #started = $state(0);

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get started(): number {
    return this.#started;
  }

  get mode(): Mode {
    switch (this.#desk.run.status.state) {
      case 'loading':
      case 'queued':
        return 'starting';
      case 'running':
      case 'waiting':
        return 'running';
      case 'paused':
        return 'paused';
      case 'stopping':
        return 'stopping';
      default:
        return 'idle';
    }
  }

  /** Make the chosen backend ready, so that Run need not wait for it. */
  warm(kind: BackendKind = this.#desk.settings.backend): void {
    this.#runtime(kind);
  }

  /** Run the code from its beginning; while paused go on. */
  run(): void {
    if (this.mode === 'paused') this.#send({ type: 'resume', run: this.#id, steps: 0 });
    else if (this.mode === 'idle') this.#begin();
  }

  /** One training step, then hold. */
  step(): void {
    if (this.mode === 'paused') this.#send({ type: 'resume', run: this.#id, steps: 1 });
    else if (this.mode === 'idle') {
      this.#begin();
      this.#send({ type: 'pause', run: this.#id });
    }
  }

  pause(): void {
    if (this.mode === 'running') this.#send({ type: 'pause', run: this.#id });
  }

  stop(): void {
    if (this.#desk.run.active && this.mode !== 'stopping')
      this.#send({ type: 'stop', run: this.#id });
  }

  /** Answer input(). */
  answer(text: string): void {
    const { run } = this.#desk;
    if (run.status.state !== 'waiting') return;
    run.echo(run.status.text + text);
    this.#send({ type: 'input', run: this.#id, text });
  }

  /** Ask for the kept values of a node; the number finds the answer in the run. */
  inspect(step: number, node: string): number {
    const request = ++this.#request;
    this.#send({ type: 'inspect', run: this.#id, request, step, node });
    return request;
  }

  /** Whether somebody is there to answer `inspect`. */
  get canInspect(): boolean {
    const { run, backends } = this.#desk;
    const program = run.program;
    return (
      !!program &&
      run.status.state !== 'lost' &&
      backends[program.backend].readiness.state !== 'lost'
    );
  }

  /** Choose where the next run happens. */
  choose(kind: BackendKind): void {
    const { settings, run } = this.#desk;
    if (run.active || settings.backend === kind) return;
    settings.set('backend', kind);
    this.warm(kind);
  }

  /** Make a backend anew after it was lost. */
  restart(kind: BackendKind): void {
    this.#runtimes[kind]?.dispose();
    delete this.#runtimes[kind];
    this.warm(kind);
  }

  dispose(): void {
    for (const runtime of Object.values(this.#runtimes)) runtime.dispose();
  }

  get #id(): string {
    return this.#desk.run.program?.run ?? '';
  }

  #begin(): void {
    const { workspace, run, cursor, selection, settings } = this.#desk;
    const backend = settings.backend;
    workspace.flush();
    selection.clear();
    cursor.goLive();
    // Unique beyond this page, too: the server keeps runs of several.
    const id = `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}-${++this.#runs}`;
    run.begin({ run: id, code: workspace.code, filename: workspace.name, backend });
    this.#started++;
    this.#send({
      type: 'run',
      run: id,
      code: workspace.code,
      filename: workspace.name,
      record: settings.record,
    });
  }

  #send(command: Command): void {
    this.#runtime(this.#desk.run.program?.backend ?? this.#desk.settings.backend).send(command);
  }

  #runtime(kind: BackendKind): Runtime {
    const known = this.#runtimes[kind];
    if (known) return known;
    const sink = (batch: Envelope[]): void => this.#take(kind, batch);
    const { base, token } = this.#desk.server;
    const runtime =
      kind === 'browser' ? createBrowserRuntime(sink) : createServerRuntime(sink, { base, token });
    this.#runtimes[kind] = runtime;
    this.#desk.backends[kind].started();
    runtime.start();
    return runtime;
  }

  #take(kind: BackendKind, batch: Envelope[]): void {
    const { run, backends } = this.#desk;
    for (const { run: id, event } of batch) {
      if (id === '') backends[kind].accept(event);
      else if (id === run.program?.run && kind === run.program.backend) run.accept(event);
    }
  }
}
