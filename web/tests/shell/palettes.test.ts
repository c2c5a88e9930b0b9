import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = ['tokens', 'palettes']
  .map((name) => readFileSync(new URL(`../../src/ui/${name}.css`, import.meta.url), 'utf8'))
  .join('\n');

/** Hex colours of the rule with this selector. */
function colours(selector: string): Map<string, string> {
  const at = css.indexOf(`${selector} {`);
  expect(at, selector).toBeGreaterThanOrEqual(0);
  const body = css.slice(at, css.indexOf('}', at));
  return new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const THEMES = { dark: `:root[data-theme="dark"]`, light: `:root[data-theme="light"]` };
const RULES = Object.entries(THEMES).flatMap(([theme, rule]) => [
  { theme, palette: 'backlight', rule },
  ...['cividis', 'viridis', 'grey'].map((palette) => ({
    theme,
    palette,
    rule:
      theme === 'dark'
        ? `:root[data-palette='${palette}']`
        : `:root[data-theme='light'][data-palette='${palette}']`,
  })),
]);

describe('palettes of gradients', () => {
  it.each(RULES)('$palette stands out more with each decade, $theme', ({ theme, rule }) => {
    const stage = colours(THEMES[theme as 'dark']).get('surface-0')!;
    const own = colours(rule);
    const steps = Array.from({ length: 11 }, (_, i) => contrast(own.get(`grad-${i}`)!, stage));
    // Also without hue a decade is told from the next, and the weakest from the stage.
    for (let i = 1; i < steps.length; i++) expect(steps[i] / steps[i - 1]).toBeGreaterThan(1.07);
    expect(steps[0]).toBeGreaterThan(1.2);
    expect(steps[10]).toBeGreaterThan(7);
  });
});
