// Pyodide on Node, as the tools use it.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const NPM = join(ROOT, 'web', 'node_modules', 'pyodide');
const SITE = '/lib/python3.14/site-packages';

export const bytesOf = (path) => new Uint8Array(readFileSync(path));

/** Start Python with packages unpacked from the zips at these paths. */
export async function start(packages = [], options = {}) {
  const { loadPyodide } = await import(join(NPM, 'pyodide.mjs'));
  const python = await loadPyodide({ indexURL: NPM + '/', ...options });
  for (const path of packages) {
    python.unpackArchive(bytesOf(path), 'zip', { extractDir: SITE });
  }
  python.runPython('import importlib; importlib.invalidate_caches()');
  return python;
}

/** Run `work`, and end with its status; an error of Pyodide quotes its minified source, cut here. */
export async function main(work) {
  try {
    process.exit((await work()) ?? 0);
  } catch (error) {
    const lines = String(error?.stack ?? error).split('\n');
    console.error(lines.filter((line) => line.length < 400).join('\n'));
    process.exit(1);
  }
}
