/** How fast a run is played: one recorded step after the other. */

/** Seconds that a whole run takes at speed 1, where its steps are neither few nor many. */
const RUN_SECONDS = 12;
/** No step stays for longer than this, in milliseconds, and none for less than a frame. */
const SLOWEST = 500;
const FRAME = 16;

/** Speeds that can be chosen. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8] as const;

/** Milliseconds that each step stays, and how many recorded steps are gone on at once. */
export function paceOf(count: number, speed: number): { every: number; by: number } {
  const wanted = Math.min(SLOWEST, (1000 * RUN_SECONDS) / Math.max(1, count)) / speed;
  const by = Math.max(1, Math.ceil(FRAME / wanted));
  return { every: wanted * by, by };
}
