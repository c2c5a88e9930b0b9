/** Every key of the page, once: the handler and the sheet both read this table. */

export type KeyCommand =
  | 'run'
  | 'stop'
  | 'step'
  | 'previous'
  | 'next'
  | 'earlier'
  | 'later'
  | 'live'
  | 'play'
  | 'deselect'
  | 'keys';

export interface Key {
  does: KeyCommand;
  /** `Mod` is Ctrl, or Command on a Mac. */
  press: string;
  says: string;
}

export const KEYS: readonly Key[] = [
  { does: 'run', press: 'Mod+Enter', says: 'Run, or continue' },
  { does: 'stop', press: 'Mod+.', says: 'Stop' },
  { does: 'step', press: 'Mod+Shift+Enter', says: 'Run one training step' },
  { does: 'previous', press: '[', says: 'Recorded step before' },
  { does: 'next', press: ']', says: 'Recorded step after' },
  { does: 'earlier', press: '{', says: 'One operation earlier within the step' },
  { does: 'later', press: '}', says: 'One operation later within the step' },
  { does: 'play', press: 'P', says: 'Play the run, step by step' },
  { does: 'live', press: 'L', says: 'Follow the newest step' },
  { does: 'deselect', press: 'Escape', says: 'Select nothing, show the whole step' },
  { does: 'keys', press: '?', says: 'This list' },
];

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** The command of a key press; those without Ctrl are not for when text is being typed. */
export function commandOf(event: Pressed, mac: boolean, typing: boolean): KeyCommand | null {
  const mod = mac ? event.metaKey : event.ctrlKey;
  for (const { does, press } of KEYS) {
    const parts = press.split('+');
    const key = parts.at(-1)!;
    if (parts[0] === 'Mod') {
      const shift = parts.includes('Shift');
      if (mod && !event.altKey && event.shiftKey === shift && event.key === key) return does;
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key.toLowerCase() === key.toLowerCase()) return does;
    }
  }
  return null;
}

const MAC: Record<string, string> = { Mod: '⌘', Shift: '⇧', Enter: '↵' };

/** A key as it stands on the keyboard, part by part. */
export function keyLabel(press: string, mac: boolean): string[] {
  return press
    .split('+')
    .map((part) =>
      mac ? (MAC[part] ?? part) : part === 'Mod' ? 'Ctrl' : part === 'Escape' ? 'Esc' : part,
    );
}

export function pressOf(does: KeyCommand): string {
  return KEYS.find((key) => key.does === does)!.press;
}
