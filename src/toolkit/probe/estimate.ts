// Estimate: how long a search may still take. Pure, and an upper bound unless answers contradict each other.
import type { Milliseconds } from '../../units.js';
import { bracketOf } from './bracket.js';
import { closingOf } from './closing.js';
import type { Measurement } from './measurement.js';
import { closingIdle, type Round, resolutionAt, type Settings, shortestIdle } from './plan.js';

/** The longest that an answer is waited for, with a round trip of up to a second. */
export const longestAnswer: Milliseconds = 10_000;

/** How long a round lasts at most. */
export function lengthOf({ silent, warm }: Round): Milliseconds {
  return Math.max(...silent, ...warm.map(({ idle }) => idle)) + longestAnswer;
}

/** How long the rounds after this one may take. */
export function roundsAfter(
  round: Round,
  measurements: readonly Measurement[],
  settings: Settings,
): Milliseconds {
  const { lower, upper } = bracketOf(measurements);
  if (round.kind === 'closing') return 0;
  const closing = closingOf(measurements);
  if (closing) return closingIdle(closing.after) + longestAnswer;
  const end = Math.min(upper, settings.max * 1.01);
  const rest = narrowings(end - Math.max(lower, shortestIdle), settings, end);
  const current = round.kind === 'ladder' ? 0 : 1;
  return Math.max(0, rest + 1 - current) * (end + longestAnswer);
}

/** How often a bracket has to be divided. */
function narrowings(width: Milliseconds, settings: Settings, end: Milliseconds): number {
  const ratio = width / resolutionAt(end, settings);
  return ratio <= 1 ? 0 : Math.ceil(Math.log(ratio) / Math.log(settings.connections - 1));
}
