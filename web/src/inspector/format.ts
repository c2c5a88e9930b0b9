/** Numbers and sizes as the inspector writes them. No DOM here. */

import { shortType } from '../flow/scale';

const BYTES: Record<string, number> = {
  f16: 2,
  f32: 4,
  f64: 8,
  bf16: 2,
  c64: 8,
  c128: 16,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  bool: 1,
};

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Size of a dense tensor, "8.0 KB"; empty for a dtype that is not known. */
export function bytes(dtype: string, shape: readonly number[]): string {
  const size = BYTES[shortType(dtype)];
  return size === undefined ? '' : formatBytes(size * count(shape));
}

export function formatBytes(size: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return unit === 0 ? `${size} B` : `${size.toFixed(1)} ${units[unit]}`;
}

/** A value of a tensor: three decimals, scientific where that would hide it. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001 || size >= 1e5) return value.toExponential(1);
  return size >= 1000 ? value.toFixed(1) : value.toFixed(3);
}

/** A fraction as a percentage that never rounds something to nothing. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '-';
  const percent = share * 100;
  if (percent > 0 && percent < 1) return '<1%';
  if (percent < 100 && percent > 99) return '>99%';
  return `${Math.round(percent)}%`;
}

/** Seconds in the unit that reads best: "8.4 ms". */
export function formatSeconds(seconds: number): [string, string] {
  if (seconds < 1e-3) return [(seconds * 1e6).toFixed(0), 'us'];
  if (seconds < 1) return [(seconds * 1e3).toFixed(1), 'ms'];
  return [seconds.toFixed(2), 's'];
}
