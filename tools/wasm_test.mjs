// Runs the engine's tests inside Pyodide, on Node, from the very files that the page serves.
// What is behind the script's name goes to pytest.

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, ROOT, start } from './pyodide_node.mjs';

const RUNTIME = join(ROOT, 'web', 'public', 'runtime');
const WHEELS = join(ROOT, '.cache', 'wasm-wheels');
const STACK = 128 * 1024; // as in the page's worker: C recursion ends in RecursionError, not a crash

const TESTS = `
import os, sys
os.chdir('/repo')
sys.dont_write_bytecode = True
import pytest
int(pytest.main(['-p', 'no:cacheprovider', '-o', 'pythonpath=tests',
                 '--junit-xml=results/wasm.xml', *arguments]))
`;

await main(async () => {
  if (!existsSync(WHEELS)) throw new Error('pytest for Pyodide is not there: run `make test-wasm`.');
  mkdirSync(join(ROOT, 'results'), { recursive: true });
  const { files } = JSON.parse(readFileSync(join(RUNTIME, 'manifest.json'), 'utf8'));
  const served = (name) => join(RUNTIME, files[name].path);
  const pytest = readdirSync(WHEELS).filter((name) => name.endsWith('.whl'));
  const python = await start(
    [served('numpy.whl'), served('engine.zip'), ...pytest.map((name) => join(WHEELS, name))],
    { stdLibURL: served('python_stdlib.zip'), env: { CI: process.env.CI ?? '', HOME: '/home/pyodide' } },
  );
  const module = python._module;
  module._PyUnstable_ThreadState_SetStackProtection(
    module._PyThreadState_Get(),
    module._emscripten_stack_get_base() - STACK,
    STACK,
  );
  python.mountNodeFS('/repo', ROOT);
  const given = process.argv.slice(2);
  const named = given.some((text) => !text.startsWith('-') && existsSync(text.split('::')[0]));
  python.globals.set('arguments', python.toPy(named ? given : ['tests/engine', ...given]));
  return python.runPython(TESTS);
});
