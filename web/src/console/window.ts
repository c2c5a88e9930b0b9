/** Which rows of a long list are drawn. No DOM here. */

/** Height of a row in pixels: rows do not wrap, so it is the same for all. */
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
