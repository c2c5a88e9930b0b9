import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { scripts } from './plugins/scripts.ts';

/** Without these the browser gives no shared memory, and Stop and input() need it. */
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
  plugins: [scripts(), svelte()],
  server: { headers: isolated, fs: { allow: ['..'] } },
  preview: { headers: isolated },
  build: { target: 'es2022', sourcemap: true },
  worker: { format: 'es' },
  test: {
    include: ['tests/**/*.test.ts'],
    sequence: { shuffle: true },
    reporters: ['default', 'junit'],
    outputFile: { junit: '../results/web.xml' },
  },
});
