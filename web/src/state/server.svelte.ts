/** What the server that gave this page can do, as its health address says. */

export interface ServerInfo {
  /** Whether it runs programs at all. */
  enabled: boolean;
  /** Without a sandbox: programs may do what the server's user may. */
  unsafe: boolean;
  /** Whether the token that this page has is the right one. */
  authorized: boolean;
  python: string;
  engine: string;
  array: string;
  devices: readonly string[];
  /** Why there is no sandbox, and how to get one; empty where there is one. */
  why: string;
  advice: string;
  wallSeconds: number;
  memoryMib: number;
  running: number;
  queued: number;
}

export type ServerState =
  | { state: 'unknown' }
  | { state: 'asking' }
  /** No server answers: the page came from a plain host, or the server is gone. */
  | { state: 'away'; text: string }
  | { state: 'known'; info: ServerInfo };

type Json = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');
const number = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

/** A device as text, whether the server sends its name or an object with one. */
function device(value: unknown): string {
  return text(value) || text(object(value).name);
}

/** The health document field by field; null where it is none of ours. */
export function restore(body: unknown): ServerInfo | null {
  const health = object(body);
  if (typeof health.protocol !== 'number' || typeof health.enabled !== 'boolean') return null;
  const sandbox = object(health.sandbox);
  const limits = object(health.limits);
  return {
    enabled: health.enabled,
    unsafe: health.unsafe === true,
    authorized: health.authorized === true,
    python: text(health.python),
    engine: text(health.engine),
    array: text(health.array),
    devices: (Array.isArray(health.devices) ? health.devices : [])
      .map(device)
      .filter(Boolean)
      .slice(0, 16),
    why: text(sandbox.why),
    advice: text(sandbox.advice),
    wallSeconds: number(limits.wall_seconds),
    memoryMib: number(limits.memory_mib),
    running: number(health.running),
    queued: number(health.queued),
  };
}

const AWAY = 'No Backlight server answers at this address.';

export class Server {
  #state = $state.raw<ServerState>({ state: 'unknown' });

  get state(): ServerState {
    return this.#state;
  }

  get info(): ServerInfo | null {
    return this.#state.state === 'known' ? this.#state.info : null;
  }

  /** Ask again; what was known stays on show until the answer is here. */
  async ask(base: string, token: string): Promise<void> {
    if (this.#state.state !== 'known') this.#state = { state: 'asking' };
    try {
      const response = await fetch(new URL('api/health', base), {
        headers: token ? { Authorization: `Bearer ${token}` } : {},
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(5000),
      });
      const info = response.ok ? restore(await response.json()) : null;
      this.#state = info ? { state: 'known', info } : { state: 'away', text: AWAY };
    } catch {
      this.#state = { state: 'away', text: AWAY };
    }
  }
}
