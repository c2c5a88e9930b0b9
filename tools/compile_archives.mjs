// Runs compile_archive.py inside Pyodide, on Node: compile_archives.mjs IN OUT LIVES_IN COMMON ...
// Four arguments per archive; COMMON is a list of members in a file, or 'none'.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, main, ROOT, start } from './pyodide_node.mjs';

await main(async () => {
  // Tracebacks point into a line of the user's program, not into one of these modules: without the
  // columns the byte code is a fifth smaller.
  const python = await start([], { env: { PYTHONNODEBUGRANGES: '1' } });
  python.runPython(readFileSync(join(ROOT, 'tools', 'compile_archive.py'), 'utf8'));
  const compile = python.runPython(
    'import sys\n' +
      'lambda data, lives_in, common: compile_archive(' +
      'data.to_bytes(), lives_in, common, sys.implementation.cache_tag)',
  );
  const given = process.argv.slice(2);
  while (given.length) {
    const [input, output, livesIn, common] = given.splice(0, 4);
    const names = common === 'none' ? null : readFileSync(common, 'utf8');
    const made = compile(bytesOf(input), livesIn, names);
    const bytes = made.getBuffer('u8');
    writeFileSync(output, bytes.data);
    bytes.release();
    made.destroy();
  }
});
