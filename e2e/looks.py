"""What must hold of the page however it looks: nothing cut, nothing covered, nothing to scroll sideways."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

#: Sizes of the window: a desktop, the same at 200% zoom, a phone.
DESKTOP = {"width": 1440, "height": 900}
ZOOMED = {"width": 720, "height": 450}
PHONE = {"width": 390, "height": 844}

_FAULTS = r"""() => {
  const faults = [];
  const name = (el) => {
    const text = (el.getAttribute('aria-label') || el.textContent || '').trim().slice(0, 60);
    return `${el.tagName.toLowerCase()}${el.className?.baseVal === undefined && el.className
      ? '.' + String(el.className).split(' ').filter((c) => !c.startsWith('svelte-')).join('.')
      : ''} "${text}"`;
  };
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth - innerWidth} px too wide`);
  if (root.scrollHeight > innerHeight) faults.push(`the page is ${root.scrollHeight - innerHeight} px too high`);
  const shown = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const hidden = (el) => getComputedStyle(el).clipPath !== 'none';
  for (const el of document.body.querySelectorAll('*')) {
    if (!shown(el) || hidden(el) || el.closest('.cm-scroller, svg, select, [inert]')) continue;
    const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(el);
    const cuts = ['hidden', 'clip'].includes(style.overflowX);
    // What is cut with dots, and says the whole when it is pointed at, is not lost.
    const told = el.closest('[title]') || el.tagName === 'INPUT';
    if (own && cuts && el.scrollWidth > el.clientWidth + 1 && !told)
      faults.push(`cut: ${name(el)}, ${el.scrollWidth} px in ${el.clientWidth}`);
    // Bars and buttons never scroll sideways; code, the console and tables may.
    if (['auto', 'scroll'].includes(style.overflowX) && el.scrollWidth > el.clientWidth + 1 &&
        !el.matches('[role=log], [data-sideways], .cm-scroller'))
      faults.push(`scrolls sideways: ${name(el)}, ${el.scrollWidth} px in ${el.clientWidth}`);
  }
  const clipped = (el) => {
    const box = el.getBoundingClientRect();
    for (let up = el.parentElement; up; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (![overflowX, overflowY].some((way) => way === 'auto' || way === 'scroll')) continue;
      const view = up.getBoundingClientRect();
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      if (x < view.left || x > view.right || y < view.top || y > view.bottom) return true;
    }
    return false;
  };
  const open = document.querySelector('[role=dialog], [role=alertdialog], [role=menu]');
  for (const el of document.querySelectorAll('button, a[href], select, input, [role=slider], [role=tab]')) {
    if (!shown(el) || clipped(el) || hidden(el) || (open && !open.contains(el))) continue;
    const box = el.getBoundingClientRect();
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    if (!box.width || x < 0 || y < 0 || x > innerWidth || y > innerHeight) {
      if (box.width && !el.closest('[role=log], .cm-editor')) faults.push(`out of sight: ${name(el)}`);
      continue;
    }
    const top = document.elementFromPoint(x, y);
    // Where there is no room beside it, the inspector is a sheet over the stage, with its own close.
    const sheet = top?.closest('[aria-label=Inspector]');
    if (sheet && !sheet.contains(el)) continue;
    if (top && !el.contains(top) && !top.contains(el) && !el.labels?.[0]?.contains(top))
      faults.push(`covered: ${name(el)} by ${name(top)}`);
  }
  return [...new Set(faults)];
}"""


def faults(page: Page) -> list[str]:
    """Return what is cut, covered or too wide in the page as it is."""
    settle(page)
    return page.evaluate(_FAULTS)


def settle(page: Page) -> None:
    """Wait until what a new size or theme moves has moved."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def violations(page: Page) -> list[str]:
    """Return what axe-core finds that is serious or critical."""
    settle(page)
    # As a script of the page's own context: its policy lets none in from elsewhere.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8") + "; 0")
    found = page.evaluate(
        """() => axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        })"""
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} | "
        + json.dumps([check["message"] for check in node["any"] + node["all"] + node["none"]])[:300]
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
