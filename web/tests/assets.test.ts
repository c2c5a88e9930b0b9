import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AssetError, composeScript, loadParts } from '../src/runtime/assets';

const BASE = new URL('http://page.example/runtime/');
const CONTENT: Record<string, string> = {
  'pyodide.js': 'var loadPyodide = 1;\n//# sourceMappingURL=pyodide.js.map\n',
  'pyodide.asm.mjs':
    'const a = import.meta.url, b = import.meta.url;export default _createPyodideModule;',
  'pyodide.asm.wasm': 'wasm',
  'python_stdlib.zip': 'standard library',
  'numpy.whl': 'numpy',
  'engine.zip': 'engine',
};

let served: Record<string, string | null>;
let manifest: { files: Record<string, { path: string; bytes: number; sha256: string }> };

beforeEach(() => {
  const file = (name: string) => ({
    path: `${name}-1`,
    bytes: CONTENT[name].length,
    sha256: createHash('sha256').update(CONTENT[name]).digest('hex'),
  });
  manifest = { files: Object.fromEntries(Object.keys(CONTENT).map((name) => [name, file(name)])) };
  served = Object.fromEntries(Object.entries(CONTENT).map(([name, text]) => [`${name}-1`, text]));
  vi.stubGlobal('fetch', async (url: URL) => {
    const name = url.href.slice(BASE.href.length);
    if (name === 'manifest.json') return new Response(JSON.stringify(manifest));
    const text = served[name];
    if (text === undefined) throw new TypeError('network');
    return text === null ? new Response('', { status: 404 }) : new Response(text);
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('the files of the worker', () => {
  it('are all there, with their progress', async () => {
    const report = vi.fn();
    const parts = await loadParts(BASE, report);
    const text = (buffer: ArrayBuffer) => new TextDecoder().decode(buffer);
    expect(text(parts.stdlib)).toBe('standard library');
    expect(text(parts.engine)).toBe('engine');
    for (const [stage, names] of Object.entries({
      Python: ['pyodide.js', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip'],
      NumPy: ['numpy.whl'],
      Engine: ['engine.zip'],
    })) {
      const total = names.reduce((sum, name) => sum + CONTENT[name].length, 0);
      const told = report.mock.calls.filter(([name]) => name === stage);
      expect(told[0]).toEqual([stage, 0, total]);
      expect(told.at(-1)).toEqual([stage, total, total]);
    }
  });

  it.each<[string, () => void, RegExp]>([
    ['one is not reached', () => delete served['numpy.whl-1'], /^numpy\.whl could not be loaded/],
    ['one is not there', () => (served['numpy.whl-1'] = null), /^numpy\.whl could not be loaded/],
    [
      'one is other than it was',
      () => (served['numpy.whl-1'] = 'NUMPY'),
      /^numpy\.whl is not what/,
    ],
    ['one is too short', () => (served['numpy.whl-1'] = 'num'), /^numpy\.whl is not what/],
    ['one is too long', () => (served['numpy.whl-1'] = 'numpynumpy'), /^numpy\.whl is not what/],
    [
      'one is not in the list',
      () => delete manifest.files['engine.zip'],
      /^engine\.zip is missing/,
    ],
    [
      'a path leads away',
      () => (manifest.files['engine.zip'].path = '//evil.example/x'),
      /is damaged/,
    ],
    ['a size is none', () => (manifest.files['engine.zip'].bytes = -1), /is damaged/],
    [
      'the list is another document',
      () => (manifest = [] as unknown as typeof manifest),
      /is damaged/,
    ],
  ])('are refused in a sentence when %s', async (_, spoil, sentence) => {
    spoil();
    const loading = loadParts(BASE, () => {});
    await expect(loading).rejects.toBeInstanceOf(AssetError);
    await expect(loading).rejects.toThrow(sentence);
    await expect(loading).rejects.toThrow(/\.$/);
  });
});

describe('the worker as one script', () => {
  it('has nothing of a module, in the order in which it is needed', () => {
    const script = composeScript(CONTENT['pyodide.js'], CONTENT['pyodide.asm.mjs'], 'own();');
    expect(script).not.toMatch(/import\.meta|^export |export default|sourceMappingURL/m);
    const order = ['importScripts', 'var loadPyodide', 'self.createPyodideModule =', 'own();'];
    const places = order.map((part) => script.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('is refused when Pyodide has another form', () => {
    expect(() => composeScript('', 'export { x as default };', '')).toThrow(AssetError);
  });
});
