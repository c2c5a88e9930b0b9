/** A module as the text of one classic script (plugins/scripts.ts). */
declare module '*?script' {
  const text: string;
  export default text;
  /** The expression by which a content policy allows it: 'sha256-...' with its quotes. */
  export const source: string;
}
