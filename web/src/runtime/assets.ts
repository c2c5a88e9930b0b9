/** Fetches what the worker needs, checks it, and makes the parts that the frame is given. */

import * as v from 'valibot';
import type { Parts } from './wire';
import worker from './worker.ts?script';

/** What is shown while the files come, in this order. */
const STAGES = [
  {
    stage: 'Python',
    files: ['pyodide.js', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip'],
  },
  { stage: 'NumPy', files: ['numpy.whl'] },
  { stage: 'Engine', files: ['engine.zip'] },
] as const;

type Name = (typeof STAGES)[number]['files'][number];

const File = v.object({
  path: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256 << 20)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
const Manifest = v.object({ files: v.record(v.string(), File) });

type File = v.InferOutput<typeof File>;

export type Report = (stage: string, loaded: number, total: number) => void;

/** Something could not be had; the message is a sentence for the user. */
export class AssetError extends Error {}

const unreachable = (what: string): AssetError =>
  new AssetError(`${what} could not be loaded: check the connection to this page's server.`);

/** Read a body of known size; it is given up as soon as it grows beyond. */
export async function readBody(
  response: Response,
  bytes: number,
  progress: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const body = new Uint8Array(bytes);
  let loaded = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    if (loaded + part.value.length > bytes) {
      void reader?.cancel();
      return null;
    }
    body.set(part.value, loaded);
    loaded += part.value.length;
    progress(loaded);
  }
  return loaded === bytes ? body : null;
}

async function isWhole(body: Uint8Array<ArrayBuffer>, sha256: string): Promise<boolean> {
  // Only https and localhost have it. Elsewhere whoever could change a file could change the page.
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256;
}

async function fetchFile(
  base: URL,
  name: string,
  file: File,
  progress: (loaded: number) => void,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(file.path, base), { signal }).catch(() => null);
  if (!response?.ok) throw unreachable(name);
  const body = await readBody(response, file.bytes, progress).catch(() => {
    throw unreachable(name);
  });
  if (!body || !(await isWhole(body, file.sha256)))
    throw new AssetError(`${name} is not what this page was built with: reload the page.`);
  return body;
}

/** Make one classic script of Pyodide's two files and our own. */
export function composeScript(pyodide: string, module: string, own: string): string {
  const exported = 'export default _createPyodideModule';
  if (!module.includes(exported)) throw new AssetError('pyodide.asm.mjs has an unknown form.');
  return [
    // Pyodide refuses a classic worker, and tells one by trying this.
    "self.importScripts = () => { throw new Error('module only'); };",
    pyodide.replace(/^\/\/# sourceMappingURL=.*$/m, ''),
    module
      .replace(exported, 'self.createPyodideModule = _createPyodideModule')
      .replaceAll('import.meta.url', '"https://runner.invalid/pyodide.asm.mjs"'),
    own,
  ].join('\n;\n');
}

/** Fetch everything at once. Throws AssetError, and stops the rest, when one thing cannot be had. */
export async function loadParts(base: URL, report: Report): Promise<Parts> {
  const found = await fetch(new URL('manifest.json', base), { cache: 'no-cache' })
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  if (!found) throw unreachable('The list of files');
  const manifest = v.safeParse(Manifest, found);
  if (!manifest.success)
    throw new AssetError('The list of files is damaged: build the page again.');
  const { files } = manifest.output;

  const abort = new AbortController();
  const stages = STAGES.map(async ({ stage, files: names }) => {
    const total = names.reduce((sum, name) => sum + (files[name]?.bytes ?? 0), 0);
    const loaded = new Map<string, number>();
    let shown = -1;
    const progress = (name: string, bytes: number): void => {
      loaded.set(name, bytes);
      const sum = [...loaded.values()].reduce((a, b) => a + b, 0);
      if (sum - shown < total / 100 && sum !== total) return;
      shown = sum;
      report(stage, sum, total);
    };
    report(stage, 0, total);
    return Promise.all(
      names.map(async (name): Promise<[Name, Uint8Array<ArrayBuffer>]> => {
        if (!files[name]) throw new AssetError(`${name} is missing: build the page again.`);
        const tell = (bytes: number): void => progress(name, bytes);
        return [name, await fetchFile(base, name, files[name], tell, abort.signal)];
      }),
    );
  });

  let bodies: Map<Name, Uint8Array<ArrayBuffer>>;
  try {
    bodies = new Map((await Promise.all(stages)).flat());
  } catch (error) {
    abort.abort();
    throw error;
  }
  const body = (name: Name): Uint8Array<ArrayBuffer> => bodies.get(name)!;
  const text = (name: Name): string => new TextDecoder().decode(body(name));
  const script = composeScript(text('pyodide.js'), text('pyodide.asm.mjs'), worker);
  return {
    script: new TextEncoder().encode(script).buffer,
    wasm: body('pyodide.asm.wasm').buffer,
    stdlib: body('python_stdlib.zip').buffer,
    numpy: body('numpy.whl').buffer,
    engine: body('engine.zip').buffer,
  };
}
