/** Svelte 5 with runes everywhere; the styles are plain CSS, so no preprocessor is needed. */
export default {
  compilerOptions: { runes: true },
};
