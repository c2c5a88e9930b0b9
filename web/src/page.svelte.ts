/** The page behind its panels: the stores, what they start with, and what the user does across them. */

import { untrack } from 'svelte';
import { readAddress } from './address';
import { Commands } from './commands.svelte';
import { exampleById, examples, OPENING, type Example } from './gallery/catalogue';
import { readLink } from './share/link';
import { Backend } from './state/backend.svelte';
import { Cursor } from './state/cursor.svelte';
import { Run } from './state/run.svelte';
import { Selection } from './state/selection.svelte';
import { Server } from './state/server.svelte';
import { Settings } from './state/settings.svelte';
import { Shown } from './state/shown.svelte';
import { Workspace, type Draft } from './state/workspace.svelte';
import { paceOf } from './time/pace';
import { neighbour, shiftMoment } from './time/track';
import { noticeOf, type Notice } from './ui/words';

const BLANK: Draft = { name: 'main.py', code: '', origin: { kind: 'blank', id: '' } };

const draftOf = (example: Example): Draft => ({
  name: example.name,
  code: example.code,
  origin: { kind: 'example', id: example.id },
});

export class Page {
  readonly workspace = new Workspace();
  readonly settings = new Settings();
  readonly run = new Run();
  readonly cursor = new Cursor();
  readonly selection = new Selection();
  readonly backends = { browser: new Backend('browser'), server: new Backend('server') };
  readonly server = new Server();
  readonly shown = new Shown(this.run, this.cursor);
  readonly commands: Commands;

  readonly #base = document.baseURI;
  readonly #address = readAddress(location, sessionStorage, history);
  #linkProblem = $state('');
  #closedNotice = $state('');
  #confirming = $state.raw<(() => void) | null>(null);

  /** To be made while a component is: from then on the page lives as long as that. */
  constructor() {
    const { workspace, run, cursor, selection, settings, backends } = this;
    const opening = exampleById(OPENING) ?? examples[0];
    workspace.open(opening ? draftOf(opening) : BLANK, (id) => {
      const example = exampleById(id);
      return example && draftOf(example);
    });
    const server = { base: this.#base, token: this.#address.token };
    this.commands = new Commands({ workspace, run, cursor, selection, settings, backends, server });
    // Once: what a link brought, and the interpreter that the first Run will need.
    $effect(() =>
      untrack(() => {
        void this.#openLink(this.#address.link);
        this.askServer();
        this.commands.warm();
        return () => this.commands.dispose();
      }),
    );
    $effect(() => this.#walk());
  }

  // What the editor holds -------------------------------------------------------------------

  openExample(example: Example): void {
    this.workspace.replace(draftOf(example));
  }

  openBlank(): void {
    this.workspace.replace(BLANK);
  }

  /** The address changed while the page was open: somebody pasted a link into it. */
  addressChanged(): void {
    void this.#openLink(readAddress(location, sessionStorage, history).link);
  }

  async #openLink(link: string): Promise<void> {
    // A reload finds the link in the address again, but the code as the user left it.
    const mark = `${link.length} ${link.slice(-32)}`;
    if (!link || (history.state as { opened?: string } | null)?.opened === mark) return;
    const opened = await readLink(link);
    this.#linkProblem = opened.problem;
    if (!opened.ok) return;
    history.replaceState({ opened: mark }, '');
    const { code, name, record } = opened.content;
    if (record) this.settings.set('record', record);
    // Only put into the editor: nothing that came with a link runs by itself.
    this.workspace.replace({ name, code, origin: { kind: 'link', id: '' } });
  }

  // Running ---------------------------------------------------------------------------------

  /** The place where the next run happens. */
  get backend(): Backend {
    return this.backends[this.settings.backend];
  }

  askServer(): void {
    void this.server.ask(this.#base, this.#address.token);
  }

  runProgram(): void {
    this.#trusted(() => this.commands.run());
  }

  stepProgram(): void {
    this.#trusted(() => this.commands.step());
  }

  /** Whether the user is asked now about code that came from a link. */
  get confirming(): boolean {
    return this.#confirming !== null;
  }

  confirm(yes: boolean): void {
    const act = this.#confirming;
    this.#confirming = null;
    if (yes) act?.();
  }

  /** Code that came from a link is run only after a question where no sandbox keeps it in. */
  #trusted(act: () => void): void {
    const unsafe = this.settings.backend === 'server' && this.server.info?.unsafe !== false;
    const asks = unsafe && this.commands.mode === 'idle' && this.workspace.origin.kind === 'link';
    if (asks) this.#confirming = act;
    else act();
  }

  // Notices ---------------------------------------------------------------------------------

  get notice(): Notice | null {
    if (this.#linkProblem) return { title: 'About the link', text: this.#linkProblem };
    const notice = noticeOf(this.run.status, this.backend.readiness, this.settings.backend);
    return notice && this.#keyOf(notice) !== this.#closedNotice ? notice : null;
  }

  get noticeActions(): { label: string; act: () => void }[] {
    if (this.#linkProblem || this.backend.readiness.state !== 'lost') return [];
    const restart = (): void => {
      this.commands.restart(this.settings.backend);
      this.askServer();
    };
    if (this.settings.backend === 'browser') return [{ label: 'Start Python again', act: restart }];
    return [
      { label: 'Try again', act: restart },
      { label: 'Use the browser', act: () => this.commands.choose('browser') },
    ];
  }

  closeNotice(): void {
    if (this.#linkProblem) this.#linkProblem = '';
    else if (this.notice) this.#closedNotice = this.#keyOf(this.notice);
  }

  #keyOf(notice: Notice): string {
    return `${this.run.program?.run} ${notice.title} ${notice.text}`;
  }

  // Time ------------------------------------------------------------------------------------

  seek(step: number): void {
    if (this.run.active && step === this.run.steps.at(-1)?.step) this.cursor.goLive();
    else this.cursor.goTo(step);
  }

  seekBy(delta: 1 | -1): void {
    const { step, recorded } = this.shown;
    const next = step === null ? null : neighbour(recorded, step, delta);
    if (next !== null) this.seek(next);
  }

  /** Play the run from the step on show, or from its beginning where that is the last. */
  walk(walking: boolean): void {
    const { recorded, step } = this.shown;
    if (walking && step !== null && step === recorded.at(-1)) this.cursor.goTo(recorded[0]);
    else if (walking && step !== null) this.cursor.goTo(step);
    this.cursor.walk(walking && recorded.length > 1);
  }

  #walk(): (() => void) | undefined {
    if (!this.cursor.walking) return;
    const count = untrack(() => this.shown.recorded.length);
    const { every, by } = paceOf(count, this.settings.speed);
    const timer = setInterval(() => {
      const { recorded, step } = this.shown;
      const next = step === null ? null : neighbour(recorded, step, by);
      // At the end of what there is: a run that goes on is followed, another one is over.
      if (next !== null && next !== step) this.cursor.goTo(next);
      else if (this.run.active) this.cursor.goLive();
      else this.cursor.walk(false);
    }, every);
    return () => clearInterval(timer);
  }

  /** Go to a moment of the step on show; null is its end. */
  goToMoment(moment: Cursor['moment']): void {
    const { numbers } = this.shown;
    if (moment && numbers) this.cursor.goTo(numbers.step);
    this.cursor.goToMoment(moment);
  }

  momentBy(delta: 1 | -1): void {
    const { numbers, counts } = this.shown;
    if (!numbers) return;
    const end = { phase: 'update' as const, op: counts.update };
    const next = shiftMoment(this.cursor.moment ?? end, counts, delta);
    if (next) this.goToMoment(next);
  }

  /** Play the step on show, from the moment on show or from its beginning. */
  play(playing: boolean): void {
    const { numbers } = this.shown;
    if (playing && numbers && !this.cursor.moment) this.goToMoment({ phase: 'forward', op: 0 });
    this.cursor.play(playing && numbers !== null);
  }

  played(): void {
    this.cursor.play(false);
    this.cursor.goToMoment(null);
  }
}
