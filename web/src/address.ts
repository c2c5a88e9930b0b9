/** What came with the page's address: a shared program, or the server's token. */

export interface Address {
  /** The server's token; empty where there is none. */
  token: string;
  /** The fragment of a shared link without its `#`; empty where there is none. */
  link: string;
}

const KEY = 'backlight.token';
const TOKEN = /^#(?:.*&)?token=([A-Za-z0-9._~-]{16,256})(?:&.*)?$/;

/**
 * Read the address. A token is taken out of it at once, so that it is neither in the history nor in
 * a link that somebody copies; it stays in the session's storage, and so survives a reload.
 */
export function readAddress(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  history: Pick<History, 'replaceState'>,
): Address {
  const given = TOKEN.exec(location.hash)?.[1] ?? '';
  if (given) {
    history.replaceState(null, '', location.pathname + location.search);
    attempt(() => storage.setItem(KEY, given));
  }
  const kept = given || (attempt(() => storage.getItem(KEY)) ?? '');
  return { token: kept, link: given ? '' : location.hash.slice(1) };
}

/** Storage throws where the browser forbids it. */
function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
