// Bracket: between which two idle times the path forgets, from measurements of which some may be wrong. Pure.
import type { Milliseconds } from '../../units.js';
import { isForgotten, type Measurement, probed } from './measurement.js';

export interface Bracket {
  /** Remembered so long; 0 when nothing was seen to be. */
  readonly lower: Milliseconds;
  /** Forgotten then; Infinity when nothing was seen to be. */
  readonly upper: Milliseconds;
  /** Measurements that do not fit: forgotten before, or alive after. */
  readonly contradictions: number;
}

/**
 * The place where a limit contradicts the fewest measurements. Where several places are as good, the bracket spans them
 * all, so that what is in doubt is measured again.
 */
export function bracketOf(measurements: readonly Measurement[]): Bracket {
  const samples = probed(measurements);
  const edges = [...new Set([0, ...samples.map(({ idle }) => idle), Infinity])];
  const gaps = edges.slice(1).map((upper, index) => gapOf(samples, edges[index] ?? 0, upper));
  const contradictions = Math.min(...gaps.map((gap) => gap.contradictions));
  const best = gaps.filter((gap) => gap.contradictions === contradictions);
  return { lower: best[0]?.lower ?? 0, upper: best.at(-1)?.upper ?? Infinity, contradictions };
}

function gapOf(samples: readonly Measurement[], lower: Milliseconds, upper: Milliseconds): Bracket {
  const doubtful = samples.filter((sample) =>
    isForgotten(sample) ? sample.idle <= lower : sample.idle >= upper,
  );
  return { lower, upper, contradictions: doubtful.length };
}

/** How many measurements stand behind each end of the bracket, none of them farther from it than `tolerance`. */
export function witnesses(
  measurements: readonly Measurement[],
  { lower, upper }: Bracket,
  tolerance: Milliseconds,
): { readonly lower: number; readonly upper: number } {
  const samples = probed(measurements);
  return {
    lower: samples.filter((each) => !isForgotten(each) && each.idle >= lower - tolerance).length,
    upper: samples.filter((each) => isForgotten(each) && each.idle <= upper + tolerance).length,
  };
}

/** Where answers differ: from the first that was forgotten to the last that was not; undefined when all of them fit. */
export function disputed(
  measurements: readonly Measurement[],
):
  | { readonly from: Milliseconds; readonly to: Milliseconds; readonly samples: number }
  | undefined {
  const samples = probed(measurements);
  const from = samples.find(isForgotten)?.idle ?? Infinity;
  const to = samples.findLast((each) => !isForgotten(each))?.idle ?? 0;
  if (from > to) return undefined;
  return { from, to, samples: samples.filter(({ idle }) => idle >= from && idle <= to).length };
}
