/** The browser's local storage, where it may be missing, full or forbidden. */

const PREFIX = 'backlight.';

/** The text kept under `key`, or null. */
export function load(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keep `text` under `key`; false where the browser refused. */
export function save(key: string, text: string): boolean {
  try {
    localStorage.setItem(PREFIX + key, text);
    return true;
  } catch {
    return false;
  }
}

/** The JSON value kept under `key`, or null where there is none or it is damaged. */
export function loadJson(key: string): unknown {
  const text = load(key);
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The interface that the panes want for remembering their sizes. */
export const paneStorage = {
  getItem: (name: string): string | null => load(name),
  setItem: (name: string, value: string): void => void save(name, value),
};
