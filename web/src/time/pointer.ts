/** The pointer on a track: where it is and where it drags to, as a share of the track's width. */

import type { Attachment } from 'svelte/attachments';

export interface Pointing {
  /** The pointer pressed here, or moves while it is pressed. */
  seek: (share: number) => void;
  /** The pointer is over this place, or over none. */
  hover: (share: number | null) => void;
}

export function pointing({ seek, hover }: Pointing): Attachment<HTMLElement> {
  return (track) => {
    let pressed = false;
    const share = (event: PointerEvent): number => {
      const box = track.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    const move = (event: PointerEvent): void => {
      hover(share(event));
      if (pressed) seek(share(event));
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      track.setPointerCapture(event.pointerId);
      pressed = true;
      move(event);
    };
    const up = (event: PointerEvent): void => {
      pressed = false;
      if (event.pointerType !== 'mouse') hover(null);
    };
    const leave = (): void => hover(null);
    const events: [string, (event: PointerEvent) => void][] = [
      ['pointermove', move],
      ['pointerdown', down],
      ['pointerup', up],
      ['pointercancel', up],
      ['pointerleave', leave],
    ];
    for (const [name, act] of events) track.addEventListener(name, act as EventListener);
    return () => {
      for (const [name, act] of events) track.removeEventListener(name, act as EventListener);
    };
  };
}

/** Act on one of the keys that a slider knows. */
export function onKeys(event: KeyboardEvent, moves: Record<string, () => void>): void {
  const move = moves[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move();
}
