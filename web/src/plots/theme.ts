/** What the plots take from the page's design tokens, read when the theme changes. */

export interface PlotTheme {
  grid: string;
  text: string;
  cursor: string;
  font: string;
  series: string[];
}

export function readPlotTheme(element: Element): PlotTheme {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    grid: token('--line-1'),
    text: token('--text-3'),
    cursor: token('--text-2'),
    // uPlot scales whole pixels only.
    font: `11px ${token('--font-mono')}`,
    series: [1, 2, 3, 4, 5, 6].map((i) => token(`--series-${i}`)),
  };
}
