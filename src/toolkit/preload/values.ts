// Values: times and counts as words of the command line, each a number that the kernel takes.
import { parseSeconds } from '../../config/duration.js';
import { accept, type Parsed, refuse } from '../../config/expected.js';
import { keepaliveRanges } from '../../keepalive/policy.js';
import type { Seconds } from '../../units.js';

/** Idle or interval, in seconds; both have the same range. */
export function parseTime(text: string): Parsed<Seconds> {
  const { min, max } = keepaliveRanges.idle;
  return parseSeconds(text, { min: min * 1000, max: max * 1000 });
}

export function parseCount(text: string): Parsed<number> {
  const { min, max } = keepaliveRanges.count;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return count >= min && count <= max
    ? accept(count)
    : refuse(`a number from ${min} to ${max}`, text);
}
