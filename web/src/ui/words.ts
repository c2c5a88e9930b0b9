/** How the page says where a run is: chip, summary and notice. Pure, so that the words can be tested. */

import type { Progress, Reason } from '../protocol';
import type { Readiness, Stage } from '../state/backend.svelte';
import type { Status } from '../state/run.svelte';
import { plain } from '../flow/scale';

export type Tone = 'plain' | 'running' | 'paused' | 'error' | 'warning' | 'ok';

export interface Chip {
  tone: Tone;
  /** Whether something is going on of which the end is not known. */
  busy: boolean;
  word: string;
  text: string;
  facts: string[];
}

export interface Situation {
  status: Status;
  progress: Progress | null;
  /** Where the program raised; zeros where it did not. */
  error: { line: number; step: number };
  readiness: Readiness;
  stages: readonly Stage[];
  backend: 'browser' | 'server';
  /** Where the last run was; null before the first. */
  ran: 'browser' | 'server' | null;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** "3.1 of 5.6 MB", or "3.1 MB" where the whole is unknown. */
export function bytesOf(loaded: number, total: number): string {
  if (total >= 1e6) return `${megabytes(loaded)} of ${megabytes(total)} MB`;
  if (total > 0) return `${Math.round(loaded / 1e3)} of ${Math.round(total / 1e3)} KB`;
  return loaded > 0 ? `${megabytes(loaded)} MB` : '';
}

/** "Python 3.14.2", "Engine 0.1.0", "NumPy 2.4.3": what runs a program, most general first. */
export function environmentOf(known: { python: string; engine: string; array: string }): string[] {
  const { python, engine, array } = known;
  return [python && `Python ${python}`, engine && `Engine ${engine}`, array].filter(Boolean);
}

/** "12 KB", "3.1 MB": how much something takes. */
export function size(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} KB` : `${megabytes(bytes)} MB`;
}

export function seconds(value: number): string {
  if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  const minutes = Math.floor(value / 60);
  const rest = Math.round(value - 60 * minutes);
  return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
}

function rate(value: number): string {
  return `${value >= 10 ? Math.round(value).toLocaleString('en') : value.toFixed(1)} steps/s`;
}

/**
 * "Recording: light, costs 9%, 1,800 of 5,000 steps kept in 64.0 MB": what is watched, the part of
 * the time that it takes, and what is left of it.
 */
export function recordingOf(
  level: string,
  watching: number,
  kept: { steps: number; dropped: number; bytes: number },
): string {
  const parts = [`Recording: ${level}`];
  if (watching > 0) parts.push(`costs ${watching < 0.01 ? '<1' : Math.round(100 * watching)}%`);
  if (kept.steps) {
    const count = kept.steps.toLocaleString('en');
    const all = (kept.steps + kept.dropped).toLocaleString('en');
    const steps = kept.dropped
      ? `${count} of ${all} steps`
      : count === '1'
        ? '1 step'
        : `${count} steps`;
    parts.push(`${steps} kept in ${size(kept.bytes)}`);
  }
  return parts.join(', ');
}

export function stepOf(step: number, total: number): string {
  return total > 0 ? `step ${step} of ${total}` : `step ${step}`;
}

/** Why a run stopped, in two or three words. */
const STOPPED: Record<Reason, string> = {
  '': '',
  user: 'by you',
  wall: 'by the time limit',
  cpu: 'by the CPU limit',
  memory: 'by the memory limit',
  output: 'by the output limit',
  events: 'by the event limit',
  processes: 'by the process limit',
  crash: 'the program crashed',
  replaced: 'the interpreter was replaced',
  shutdown: 'the server is shutting down',
  unreachable: 'the server is away',
  refused: 'the server refused it',
};

/** Why a backend cannot be used. */
const UNAVAILABLE: Partial<Record<Reason, string>> = {
  crash: 'Python could not start',
  unreachable: 'nothing answers',
  refused: 'the server says no',
};

function loadingFacts(stages: readonly Stage[]): string[] {
  const stage = stages.findLast((each) => !each.done) ?? stages.at(-1);
  if (!stage) return [];
  const size = bytesOf(stage.loaded, stage.total);
  return size ? [stage.name, size] : [stage.name];
}

export function chipOf(situation: Situation): Chip {
  const { status, progress, error, readiness, stages, backend, ran } = situation;
  const chip = (tone: Tone, word: string, text = '', facts: string[] = [], busy = false): Chip => ({
    tone,
    busy,
    word,
    text,
    facts: facts.filter(Boolean),
  });
  const step = Math.max(status.step, progress?.step ?? 0);
  const total = progress?.total ?? 0;
  const steps = step === 1 ? '1 step' : `${step.toLocaleString('en')} steps`;
  // Another place was chosen since: what counts now is whether a run can begin there.
  const ended = ['finished', 'failed', 'stopped', 'lost'].includes(status.state);
  switch (ended && ran !== null && ran !== backend ? 'ready' : status.state) {
    case 'idle':
    case 'ready':
      if (readiness.state === 'loading') {
        return chip(
          'plain',
          backend === 'browser' ? 'Loading Python' : 'Connecting',
          '',
          loadingFacts(stages),
          true,
        );
      }
      if (readiness.state === 'lost')
        return chip('error', 'Not available', UNAVAILABLE[readiness.reason] ?? '');
      if (readiness.state === 'off') return chip('plain', 'Not started');
      return chip('ok', 'Ready', 'Press Run');
    case 'loading':
      return chip('plain', 'Starts when ready', '', loadingFacts(stages), true);
    case 'queued':
      return chip('plain', 'Queued', status.text, [], true);
    case 'running':
      return chip(
        'running',
        'Running',
        '',
        [
          progress?.line ? `line ${progress.line}` : '',
          step ? stepOf(step, total) : '',
          progress && progress.rate > 0 ? rate(progress.rate) : '',
        ],
        true,
      );
    case 'paused':
      return chip('paused', 'Paused', 'after step', [total ? `${step} of ${total}` : String(step)]);
    case 'waiting':
      return chip('paused', 'Waiting', 'for your input', [
        progress?.line ? `line ${progress.line}` : '',
      ]);
    case 'stopping':
      return chip('plain', 'Stopping', '', [], true);
    case 'finished':
      return chip('ok', 'Finished', '', [step ? steps : '', seconds(status.elapsed)]);
    case 'failed':
      return chip('error', 'Stopped by an error', '', [
        error.line ? `line ${error.line}` : '',
        error.step || step ? `step ${error.step || step}` : '',
      ]);
    case 'stopped':
      return chip(
        status.reason === 'user' || !status.reason ? 'plain' : 'warning',
        'Stopped',
        STOPPED[status.reason],
        [step ? steps : '', status.elapsed ? seconds(status.elapsed) : ''],
      );
    case 'lost':
      return chip('error', 'Run lost', STOPPED[status.reason]);
  }
}

/** "500 steps in 4.2 s. loss 2.32 to 0.010." */
export function summaryOf(
  status: Status,
  curves: readonly { name: string; firstValue: number; lastValue: number; length: number }[],
): string {
  if (status.state !== 'finished' && status.state !== 'stopped') return '';
  const { step, elapsed, reason } = status;
  const what = step === 0 ? '' : step === 1 ? '1 step' : `${step.toLocaleString('en')} steps`;
  const head =
    status.state === 'finished'
      ? what || 'Finished'
      : `Stopped ${STOPPED[reason]}`.trim() + (what ? ` after ${what}` : '');
  const loss = curves.find((curve) => curve.length > 1);
  const fell = loss ? ` ${loss.name} ${plain(loss.firstValue)} to ${plain(loss.lastValue)}.` : '';
  return `${head}${elapsed ? ` in ${seconds(elapsed)}` : ''}.${fell}`;
}

/** What a banner says when a run or a backend ended in a way that needs words. */
export interface Notice {
  title: string;
  text: string;
}

const TITLES: Partial<Record<Reason, string>> = {
  wall: 'The time limit ended the run',
  cpu: 'The CPU limit ended the run',
  memory: 'The memory limit ended the run',
  output: 'The output limit ended the run',
  events: 'The event limit ended the run',
  processes: 'The process limit ended the run',
  crash: 'Python crashed',
  replaced: 'Python was replaced',
  shutdown: 'The server is shutting down',
  unreachable: 'The server cannot be reached',
  refused: 'The server refused the run',
};

export function noticeOf(
  status: Status,
  readiness: Readiness,
  backend: 'browser' | 'server',
): Notice | null {
  if (readiness.state === 'lost') {
    const title = backend === 'browser' ? 'Python is not running' : 'The server cannot be used';
    return { title, text: readiness.text };
  }
  if (
    (status.state === 'lost' || status.state === 'stopped') &&
    status.reason &&
    status.reason !== 'user'
  ) {
    return { title: TITLES[status.reason] ?? 'The run ended', text: status.text };
  }
  return null;
}
