// Units: names for the numbers that the project passes around, and how a duration is written.
// Never parses; config/ does that.

/** Whole seconds. The kernel's keepalive times are whole seconds (tcp(7)). */
export type Seconds = number;

/** Milliseconds. */
export type Milliseconds = number;

/** Bytes. */
export type Bytes = number;

/** A TCP port, 0 to 65535; 0 asks the kernel for a free one. */
export type Port = number;

/** The units that a duration is written in, and what each is in milliseconds, the largest first. */
export const durationUnits = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
} as const satisfies Readonly<Record<string, Milliseconds>>;

/** Writes whole milliseconds in the largest unit that keeps them whole: "90s", "2h", "1500ms". */
export function formatDuration(duration: Milliseconds): string {
  const units = Object.entries(durationUnits);
  const [unit, size] = units.find(([, size]) => duration >= size && duration % size === 0) ?? [
    'ms',
    1,
  ];
  return `${duration / size}${unit}`;
}

/** Writes whole seconds in all the units that they have: "2h 11m 15s". */
export function spellDuration(duration: Seconds): string {
  let left = duration * 1000;
  const parts = Object.entries(durationUnits).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.length === 0 ? '0s' : parts.join(' ');
}
