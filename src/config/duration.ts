// Duration: "30s" to milliseconds.
// A unit is required and fractions are refused, so that nothing is guessed or truncated.
import type { Range } from '../keepalive/policy.js';
import { durationUnits, formatDuration, type Milliseconds, type Seconds } from '../units.js';
import { accept, type Parsed, refuse } from './expected.js';

/** How a duration is asked for. */
export const aDuration = 'a duration such as "30s"';

/** What a duration looks like, as a regular expression. */
export const durationPattern = `[0-9]+(${Object.keys(durationUnits).join('|')})`;

/** Parses a duration within a range of milliseconds; `what` is how it is asked for. */
export function parseDuration(text: string, range: Range, what = aDuration): Parsed<Milliseconds> {
  const duration = toMilliseconds(text, what);
  return duration.ok ? within(range, duration.value, text) : duration;
}

/** Parses a duration within a range of milliseconds that must be whole seconds, and returns seconds. */
export function parseSeconds(text: string, range: Range): Parsed<Seconds> {
  const duration = toMilliseconds(text, aDuration);
  if (!duration.ok) return duration;
  if (duration.value % 1000 !== 0)
    return refuse('whole seconds', text, 'the kernel counts keepalive in seconds');
  const checked = within(range, duration.value, text);
  return checked.ok ? accept(checked.value / 1000) : checked;
}

function toMilliseconds(text: string, what: string): Parsed<Milliseconds> {
  const [, digits, unit] = /^([0-9]+)([a-z]+)$/.exec(text) ?? [];
  const size = Object.entries(durationUnits).find(([name]) => name === unit)?.[1];
  return size === undefined ? refuse(what, text, mend(text)) : accept(Number(digits) * size);
}

function within({ min, max }: Range, duration: Milliseconds, text: string): Parsed<Milliseconds> {
  if (duration >= min && duration <= max) return accept(duration);
  return refuse(`a duration from ${formatDuration(min)} to ${formatDuration(max)}`, text);
}

function mend(text: string): string {
  if (/^[0-9]+$/.test(text)) return 'a number without a unit';
  if (/^[0-9]*\.[0-9]+/.test(text)) return 'no fractions; take a smaller unit';
  return `the units are ${Object.keys(durationUnits).reverse().join(', ')}`;
}
