// Lets the engine write its stamped functions, inside Pyodide, on Node: stamp_engine.mjs NUMPY ENGINE
// OUT. In the Python that will load them, because what it is checked by depends on the version.

import { writeFileSync } from 'node:fs';
import { main, start } from './pyodide_node.mjs';

await main(async () => {
  const [numpy, engine, out] = process.argv.slice(2);
  const python = await start([numpy, engine]);
  writeFileSync(out, python.runPython('import backlight.ops as o; o.stamp.module_text()'));
});
