import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundle, hashSource, policy } from '../plugins/scripts';

it('allows exactly the scripts it is given, and nothing from elsewhere', () => {
  const rules = Object.fromEntries(
    policy(['a();', 'b();'])
      .split('; ')
      .map((rule) => [rule.slice(0, rule.indexOf(' ')), rule]),
  );
  expect(rules['default-src']).toBe("default-src 'none'");
  expect(rules['frame-src']).toBe("frame-src 'none'");
  expect(rules['connect-src']).toBe("connect-src 'self'");
  expect(rules['script-src']).toBe(
    `script-src 'self' ${hashSource('a();')} ${hashSource('b();')} 'wasm-unsafe-eval'`,
  );
});

it('hashes as the content policy has it', () => {
  // The example of the specification "Content Security Policy Level 3".
  expect(hashSource("alert('Hello, world.');")).toBe(
    "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='",
  );
});

it.each(['frame', 'worker'])('makes one classic script of the %s', async (name) => {
  const path = fileURLToPath(new URL(`../src/runtime/${name}.ts`, import.meta.url));
  const script = await bundle(path);
  expect(() => new Function(script)).not.toThrow();
  expect(script).not.toMatch(/<\/script|\bimport\b\s*[({"']/);
});
