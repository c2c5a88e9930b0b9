import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backend } from '../../src/state/backend.svelte';
import { restore as restoreServer } from '../../src/state/server.svelte';
import { restore as restoreSettings, Settings } from '../../src/state/settings.svelte';
import { cleanName, MAX_DRAFTS, Workspace, type Draft } from '../../src/state/workspace.svelte';

class Memory {
  items = new Map<string, string>();
  full = false;
  room = Infinity;

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full || value.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.items.set(key, value);
  }
}

const example = (id: string): Draft => ({
  name: `${id}.py`,
  code: `# ${id}`,
  origin: { kind: 'example', id },
});
const byId = (id: string): Draft | null =>
  ['digits', 'spirals'].includes(id) ? example(id) : null;

let memory: Memory;

function opened(): Workspace {
  const workspace = new Workspace();
  workspace.open(example('digits'), byId);
  return workspace;
}

beforeEach(() => {
  memory = new Memory();
  vi.stubGlobal('localStorage', memory);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the code', () => {
  it('opens with the first example', () => {
    expect(opened().code).toBe('# digits');
  });

  it('is there again after a reload, soon after it was typed', () => {
    const workspace = opened();
    workspace.edit('mine');
    expect([workspace.edited, workspace.keeping]).toEqual([true, 'pending']);
    vi.advanceTimersByTime(1000);
    expect(workspace.keeping).toBe('kept');
    const again = opened();
    expect([again.code, again.edited, again.name]).toEqual(['mine', true, 'digits.py']);
  });

  it('says when the browser does not keep it', () => {
    const workspace = opened();
    memory.full = true;
    workspace.edit('mine');
    vi.advanceTimersByTime(1000);
    expect(workspace.keeping).toBe('refused');
  });

  it('comes before what was put aside where there is no room for all', () => {
    const workspace = opened();
    for (const mine of ['a'.repeat(400), 'b'.repeat(400)]) {
      workspace.edit(mine);
      workspace.replace(example('spirals'));
    }
    memory.room = 700;
    workspace.edit('mine');
    workspace.flush();
    expect(workspace.keeping).toBe('kept');
    const again = opened();
    expect([again.code, again.drafts.map((draft) => draft.code[0])]).toEqual(['mine', ['b']]);
  });

  it('opens an example that was not touched as it is now', () => {
    opened().replace(example('spirals'));
    expect(opened().code).toBe('# spirals');
  });

  it('survives another example: it is put aside and can be taken up again', () => {
    const workspace = opened();
    workspace.edit('mine');
    workspace.replace(example('spirals'));
    expect([workspace.code, workspace.edited]).toEqual(['# spirals', false]);
    const again = opened();
    expect(again.drafts.map((draft) => draft.code)).toEqual(['mine']);
    again.reopen(again.drafts[0]);
    expect([again.code, again.edited, again.drafts.length]).toEqual(['mine', true, 0]);
  });

  it('puts nothing aside that was not edited, and at most so many', () => {
    const workspace = opened();
    workspace.replace(example('spirals'));
    expect(workspace.drafts).toEqual([]);
    for (let i = 0; i < 20; i++) {
      workspace.edit(`mine ${i}`);
      workspace.replace(example('digits'));
    }
    expect(workspace.drafts.length).toBe(MAX_DRAFTS);
    expect(workspace.drafts[0].code).toBe('mine 19');
  });

  it.each([
    ['no JSON', '{'],
    ['another kind of value', '[1, 2]'],
    ['fields of other kinds', '{"name": 1, "code": {}, "edited": true, "drafts": {"a": 1}}'],
    [
      'drafts of other kinds',
      '{"name": "a.py", "code": "x", "edited": false, "drafts": [null, 3, {"code": 1}]}',
    ],
  ])('opens although what was stored is %s', (_, stored) => {
    memory.items.set('backlight.workspace', stored);
    const workspace = opened();
    expect([workspace.code, workspace.drafts]).toEqual(['# digits', []]);
  });

  it('opens where the browser forbids storage', () => {
    vi.stubGlobal('localStorage', undefined);
    const workspace = opened();
    workspace.edit('mine');
    workspace.flush();
    expect([workspace.code, workspace.keeping]).toEqual(['mine', 'refused']);
  });

  it.each([
    ['net', 'net.py'],
    ['net.py', 'net.py'],
    ['../../etc/passwd', '....etcpasswd.py'],
    ['', 'main.py'],
    ['a\u202eb\n.py', 'ab.py'],
    ['größe.py', 'größe.py'],
  ])('named %j is shown as %j', (name, shown) => expect(cleanName(name)).toBe(shown));
});

describe('settings', () => {
  it.each([
    [null, 'system', 'light'],
    [{ theme: 'dark', record: 'full' }, 'dark', 'full'],
    [{ theme: 'pink', record: 3, more: 1 }, 'system', 'light'],
    ['text', 'system', 'light'],
  ])('out of %j', (stored, theme, record) => {
    expect(restoreSettings(stored)).toMatchObject({ theme, record });
  });

  it('are there again after a reload', () => {
    new Settings().set('theme', 'dark');
    expect(new Settings().theme).toBe('dark');
  });
});

describe('a backend', () => {
  it('tells its stages, which are done one after the other', () => {
    const backend = new Backend('browser');
    backend.started();
    backend.accept({ type: 'loading', stage: 'Python', loaded: 5, total: 5 });
    backend.accept({ type: 'loading', stage: 'NumPy', loaded: 1, total: 2 });
    backend.accept({ type: 'loading', stage: 'Starting', loaded: 0, total: 0 });
    expect(backend.stages.map(({ name, done }) => [name, done])).toEqual([
      ['Python', true],
      ['NumPy', false],
      ['Starting', false],
    ]);
    expect(backend.bytes).toEqual({ loaded: 6, total: 7 });
    backend.accept({ type: 'loading', stage: 'Warming', loaded: 0, total: 0 });
    expect(backend.stages.find((stage) => stage.name === 'Starting')?.done).toBe(true);
    backend.accept({ type: 'state', state: 'ready', reason: '', text: '', elapsed: 0, step: 0 });
    expect(backend.readiness).toEqual({ state: 'ready' });
    expect(backend.stages.every((stage) => stage.done)).toBe(true);
  });

  it('says why it was lost, and loads anew', () => {
    const backend = new Backend('server');
    backend.accept({
      type: 'state',
      state: 'lost',
      reason: 'unreachable',
      text: 'gone',
      elapsed: 0,
      step: 0,
    });
    expect(backend.readiness).toEqual({ state: 'lost', reason: 'unreachable', text: 'gone' });
    backend.accept({ type: 'loading', stage: 'Python', loaded: 0, total: 9 });
    expect(backend.readiness).toEqual({ state: 'loading' });
  });
});

describe('the health of a server', () => {
  const health = {
    protocol: 1,
    enabled: true,
    unsafe: false,
    authorized: true,
    python: '3.13.0',
    engine: '0.1',
    array: 'NumPy 2.4.3',
    devices: ['cpu', { name: 'NVIDIA H100' }, 7],
    sandbox: { available: true, why: '', advice: '' },
    limits: { wall_seconds: 600, memory_mib: 1024 },
    running: 1,
    queued: 2,
  };

  it('is read field by field', () => {
    expect(restoreServer(health)).toMatchObject({
      enabled: true,
      devices: ['cpu', 'NVIDIA H100'],
      wallSeconds: 600,
      memoryMib: 1024,
      queued: 2,
    });
  });

  it.each([[null], [{}], ['<html>'], [{ ...health, protocol: 'x' }]])(
    'of another kind is none: %j',
    (body) => expect(restoreServer(body)).toBeNull(),
  );

  it('with odd fields is read as far as it goes', () => {
    expect(
      restoreServer({ protocol: 1, enabled: false, sandbox: 3, limits: null, devices: 'x' }),
    ).toMatchObject({
      enabled: false,
      authorized: false,
      devices: [],
      wallSeconds: 0,
    });
  });
});
