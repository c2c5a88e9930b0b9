/**
 * Two steps of the build that isolation needs.
 *
 * `import text from './frame.ts?script'` gives a module, compiled and bundled into one classic
 * script, as text: the frame and the worker are made from text, since they can load nothing. And the
 * page gets its content policy, which names the hash of each script that stands in markup.
 */

import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';

const SUFFIX = '?script';
const FRAME = fileURLToPath(new URL('../src/runtime/frame.ts', import.meta.url));

/** Bundle a module and what it imports into one classic script. */
export async function bundle(path: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: path, output: { format: 'iife', codeSplitting: false } },
    },
  });
  const output = (Array.isArray(result) ? result : [result]).flatMap((one) =>
    'output' in one ? one.output : [],
  );
  const [chunk, ...others] = output;
  if (chunk?.type !== 'chunk' || others.length) throw new Error(`${path} is not one script`);
  // The text goes into markup, whose parser would end the script or turn CRLF into LF.
  if (/<\/script|<!--|\r/i.test(chunk.code)) throw new Error(`${path} cannot stand in markup`);
  return chunk.code.trim();
}

/** The source expression by which a content policy allows a script. */
export function hashSource(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}

/**
 * The content policy of the page. The frame inherits it, so the frame's script and WebAssembly are
 * allowed here, too. `frame-src 'none'` keeps the frame from navigating anywhere (srcdoc still
 * loads). Styles may stand in markup: the editor makes its own, and text is never shown as markup.
 */
export function policy(scripts: string[]): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${scripts.map(hashSource).join(' ')} 'wasm-unsafe-eval'`,
    "worker-src 'self' blob: data:",
    "connect-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

export function scripts(): Plugin {
  return {
    name: 'backlight-scripts',
    enforce: 'pre',

    async resolveId(source, importer) {
      if (!source.endsWith(SUFFIX)) return null;
      const found = await this.resolve(source.slice(0, -SUFFIX.length), importer);
      return found && found.id + SUFFIX;
    },

    async load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const path = id.slice(0, -SUFFIX.length);
      this.addWatchFile(path);
      const text = await bundle(path);
      const source = hashSource(text);
      return `export default ${JSON.stringify(text)};\nexport const source = ${JSON.stringify(source)};`;
    },

    transformIndexHtml: {
      order: 'post',
      async handler(html, { server }) {
        // Vite's own client needs more than this while the page is worked on.
        if (server) return html;
        const inline = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text);
        const content = policy([...inline, await bundle(FRAME)]);
        return {
          html,
          tags: [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content },
              injectTo: 'head-prepend',
            },
          ],
        };
      },
    },
  };
}
