// Lets the engine write its stamped functions, inside Pyodide, on Node: stamp_engine.mjs NUMPY ENGINE
// OUT LOADED. In the Python that will load them, because what it is checked by depends on the version.
// LOADED gets the names of the modules that a start, and programs as most are, import.

import { writeFileSync } from 'node:fs';
import { main, start } from './pyodide_node.mjs';

await main(async () => {
  const [numpy, engine, out, loaded] = process.argv.slice(2);
  const python = await start([numpy, engine]);
  writeFileSync(out, python.runPython('import backlight.ops as o; o.stamp.module_text()'));
  const names = python.runPython(`
import sys
import backlight.compat, backlight.session.runner, backlight.session.worker
import backlight.nn.attention_functions, backlight.nn.conv, backlight.nn.pooling
import backlight.nn.pool_functions, backlight.nn.rnn, backlight.data, backlight.optim
"\\n".join(sorted(name for name in sys.modules if name.split(".")[0] == "backlight"))
`);
  writeFileSync(loaded, names + '\n');
});
