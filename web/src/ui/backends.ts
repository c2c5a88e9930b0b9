/** The two places where a program can run, as the backend menu tells of them. */

import type { Environment } from '../protocol';
import type { Readiness, Stage } from '../state/backend.svelte';
import type { ServerState } from '../state/server.svelte';
import { bytesOf, environmentOf, megabytes, seconds, size } from './words';

export interface Choice {
  kind: 'browser' | 'server';
  name: string;
  /** Two or three words: "ready", "3.1 of 5.6 MB", "off". */
  status: string;
  tone: 'ok' | 'busy' | 'off' | 'error';
  about: string;
  facts: readonly { name: string; text: string }[];
  /** False where it cannot be chosen; `about` then says why and what to do. */
  available: boolean;
}

export interface Place {
  readiness: Readiness;
  environment: Environment | null;
  bytes: { loaded: number; total: number };
  stages: readonly Stage[];
  /** Seconds that the start took; 0 where it is not over. */
  took: number;
}

export interface Program {
  name: string;
  bytes: number;
}

export function browserChoice(place: Place, isolated: boolean): Choice {
  const { readiness, environment, bytes, took } = place;
  const facts = [];
  if (environment) {
    facts.push({ name: 'Runs on', text: environmentOf(environment).join(', ') });
  }
  if (readiness.state === 'ready' && bytes.loaded > 0) {
    facts.push({
      name: 'Loaded',
      text: `${megabytes(bytes.loaded)} MB${took ? ` in ${seconds(took)}` : ''}`,
    });
  }
  if (!isolated) {
    facts.push({
      name: 'Stop',
      text: 'ends Python and starts it again: this page has no shared memory here',
    });
  }
  return {
    kind: 'browser',
    name: 'Browser',
    available: true,
    facts,
    about:
      readiness.state === 'lost'
        ? readiness.text
        : 'In this tab. The code does not leave your machine.',
    ...browserStatus(place),
  };
}

function browserStatus({ readiness, bytes }: Place): Pick<Choice, 'status' | 'tone'> {
  switch (readiness.state) {
    case 'ready':
      return { status: 'ready', tone: 'ok' };
    case 'loading':
      return { status: bytesOf(bytes.loaded, bytes.total) || 'loading', tone: 'busy' };
    case 'lost':
      return { status: 'not available', tone: 'error' };
    case 'off':
      return { status: 'not started', tone: 'off' };
  }
}

export function serverChoice(server: ServerState, place: Place, program: Program): Choice {
  const choice = (
    status: string,
    tone: Choice['tone'],
    about: string,
    available = false,
    facts: Choice['facts'] = [],
  ): Choice => ({ kind: 'server', name: 'Server', status, tone, about, available, facts });

  if (server.state === 'unknown' || server.state === 'asking') {
    return choice('asking', 'busy', 'Asking the server that gave this page.');
  }
  if (server.state === 'away') {
    return choice(
      'off',
      'off',
      `${server.text} Start one with make play, then open the address it prints.`,
    );
  }
  const { info } = server;
  if (!info.enabled) {
    const why = info.why || 'This server runs no programs.';
    return choice('off', 'off', info.advice ? `${why}\n${info.advice}` : why);
  }
  if (!info.authorized) {
    return choice(
      'needs the token',
      'off',
      'Open the address with the token: the server printed it when it started.',
    );
  }
  const limits = [
    info.wallSeconds ? `up to ${seconds(info.wallSeconds)}` : '',
    info.memoryMib ? `${Math.round(info.memoryMib).toLocaleString('en')} MiB` : '',
  ].filter(Boolean);
  const facts = [
    { name: 'Device', text: info.devices.join(', ') || 'CPU' },
    { name: 'Runs on', text: environmentOf(info).join(', ') },
    {
      name: 'Each run',
      text: limits.length
        ? `${limits.join(', ')}, then it ends and keeps what it recorded`
        : 'no limit',
    },
    { name: 'Sent', text: `${program.name} (${size(program.bytes)}). No other file.` },
  ].filter((fact) => fact.text);
  const about = info.unsafe
    ? 'Without a sandbox: programs may do whatever the user of the server may.'
    : 'The same code and the same graph, in a sandbox on the server.';
  if (place.readiness.state === 'lost')
    return choice('not reached', 'error', place.readiness.text || about, true, facts);
  const status = info.queued
    ? `${info.queued} waiting`
    : info.running
      ? `${info.running} running`
      : 'ready';
  return choice(status, info.queued ? 'busy' : 'ok', about, true, facts);
}
