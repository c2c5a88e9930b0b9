// Runs the engine's tests inside Pyodide, on Node, from the very files that the page serves.
// What is behind the script's name goes to pytest.

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const RUNTIME = join(ROOT, 'web', 'public', 'runtime');
const WHEELS = join(ROOT, '.cache', 'wasm-wheels');
const NPM = join(ROOT, 'web', 'node_modules', 'pyodide');
const SITE = '/lib/python3.14/site-packages';
const STACK = 128 * 1024; // as in the page's worker: C recursion ends in RecursionError, not a crash

async function boot() {
  const { files } = JSON.parse(readFileSync(join(RUNTIME, 'manifest.json'), 'utf8'));
  const { loadPyodide } = await import(join(NPM, 'pyodide.mjs'));
  const python = await loadPyodide({
    indexURL: NPM + '/',
    stdLibURL: join(RUNTIME, files['python_stdlib.zip'].path),
    env: { CI: process.env.CI ?? '', HOME: '/home/pyodide' },
  });
  const unpack = (path) =>
    python.unpackArchive(new Uint8Array(readFileSync(path)), 'zip', { extractDir: SITE });
  unpack(join(RUNTIME, files['numpy.whl'].path));
  unpack(join(RUNTIME, files['engine.zip'].path));
  for (const name of readdirSync(WHEELS).filter((name) => name.endsWith('.whl'))) {
    unpack(join(WHEELS, name));
  }
  const module = python._module;
  module._PyUnstable_ThreadState_SetStackProtection(
    module._PyThreadState_Get(),
    module._emscripten_stack_get_base() - STACK,
    STACK,
  );
  python.mountNodeFS('/repo', ROOT);
  return python;
}

const TESTS = `
import importlib, os, sys
importlib.invalidate_caches()
os.chdir('/repo')
sys.dont_write_bytecode = True
import pytest
int(pytest.main(['-p', 'no:cacheprovider', '-o', 'pythonpath=tests',
                 '--junit-xml=results/wasm.xml', *arguments]))
`;

try {
  if (!existsSync(WHEELS)) throw new Error('pytest for Pyodide is not there: run `make test-wasm`.');
  mkdirSync(join(ROOT, 'results'), { recursive: true });
  const python = await boot();
  const given = process.argv.slice(2);
  const where = given.some((text) => !text.startsWith('-') && existsSync(text.split('::')[0]));
  python.globals.set('arguments', python.toPy(where ? given : ['tests/engine', ...given]));
  process.exit(python.runPython(TESTS));
} catch (error) {
  // An error from Pyodide quotes its minified source: what says something are the other lines.
  const lines = String(error?.stack ?? error).split('\n');
  console.error(lines.filter((line) => line.length < 400).join('\n'));
  process.exit(1);
}
