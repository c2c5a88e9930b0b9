/** Which rows of a long list are drawn. No DOM here. */

/** Height of a row in pixels: a line that wraps is several rows, so it is the same for all. */
export const ROW = 17;
/** Rows drawn beyond what is in view, on each side. */
const MARGIN = 60;

export interface Rows {
  from: number;
  to: number;
}

/** The rows to draw of `count`, with the list scrolled to `top` in a view of `height` pixels. */
export function visibleRows(count: number, top: number, height: number): Rows {
  const from = Math.floor(top / ROW) - MARGIN;
  const to = Math.ceil((top + height) / ROW) + MARGIN;
  return { from: Math.max(0, Math.min(count, from)), to: Math.max(0, Math.min(count, to)) };
}

/** Whether a scroll position counts as the end: the list then follows what is added. */
export function atEnd(top: number, height: number, scrollHeight: number): boolean {
  return scrollHeight - top - height < ROW * 1.5;
}

/** Columns between two tab stops. */
const TAB = 8;
/** Where a row may end: behind a space or a hyphen. */
const BREAK = /[\s-](?=\S)/g;

/** A line as rows of at most `columns` characters, broken between words where that is possible. */
export function wrapLine(text: string, columns: number): string[] {
  if (text.length <= columns && !text.includes('\t')) return [text];
  let rest = '';
  for (const piece of text.split(/(\t)/))
    rest += piece === '\t' ? ' '.repeat(TAB - (rest.length % TAB)) : piece;
  const rows: string[] = [];
  while (rest.length > columns) {
    let end = columns;
    if (rest[columns] !== ' ') {
      for (const { index } of rest.slice(0, columns + 1).matchAll(BREAK))
        if (rest.slice(0, index).trim()) end = index + 1;
      // Never in the middle of a character of two units.
      if (end === columns && /[\ud800-\udbff]/.test(rest[end - 1])) end--;
    }
    rows.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).replace(/^ /, '');
  }
  rows.push(rest);
  return rows;
}
