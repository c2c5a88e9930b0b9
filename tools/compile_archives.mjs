// Runs compile_archive.py inside Pyodide, on Node: compile_archives.mjs IN OUT LIVES_IN KEEP ...
// Four arguments per archive; KEEP is 'sources' or 'none'.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = dirname(fileURLToPath(import.meta.url));
const NPM = join(TOOLS, '..', 'web', 'node_modules', 'pyodide');

try {
  const { loadPyodide } = await import(join(NPM, 'pyodide.mjs'));
  const python = await loadPyodide({ indexURL: NPM + '/' });
  python.runPython(readFileSync(join(TOOLS, 'compile_archive.py'), 'utf8'));
  const compile = python.runPython(
    'import sys\n' +
      'lambda data, lives_in, keep: compile_archive(' +
      'data.to_bytes(), lives_in, keep, sys.implementation.cache_tag)',
  );
  const given = process.argv.slice(2);
  while (given.length) {
    const [input, output, livesIn, keep] = given.splice(0, 4);
    const made = compile(new Uint8Array(readFileSync(input)), livesIn, keep === 'sources');
    const bytes = made.getBuffer('u8');
    writeFileSync(output, bytes.data);
    bytes.release();
    made.destroy();
  }
} catch (error) {
  const lines = String(error?.stack ?? error).split('\n');
  console.error(lines.filter((line) => line.length < 400).join('\n'));
  process.exit(1);
}
