// Finding: what measurements come to, and the keepalive that follows. Pure.
import { deriveKeepalive, intentRanges } from '../../keepalive/intent.js';
import type { Keepalive } from '../../keepalive/policy.js';
import { type PresetName, presetNames, presets } from '../../keepalive/presets.js';
import type { Milliseconds, Seconds } from '../../units.js';
import { bracketOf, witnesses } from './bracket.js';
import { type Closing, closingOf } from './closing.js';
import { isForgotten, type Measurement, probed } from './measurement.js';
import { isNarrow, resolutionAt, type Settings, shortestIdle, witnessesOfMax } from './plan.js';

export interface Finding {
  /**
   * `limit`: the path forgets. `none`: it remembers for as long as was tried. `closing`: the far end closes what is silent
   * before the path forgets it. `unknown`: not found yet.
   */
  readonly kind: 'limit' | 'none' | 'closing' | 'unknown';
  /** The longest silence after which the path still knew the connection; 0 when none was seen. */
  readonly remembered: Milliseconds;
  /** The shortest after which it did not; null when none was seen. */
  readonly forgotten: Milliseconds | null;
  /** What a forgotten connection's probe got. */
  readonly onExpiry: 'drop' | 'reset' | 'mixed' | null;
  readonly closing: Closing | null;
  /** `confirmed`: each end was seen twice and nothing contradicts. `contradicted`: answers differ. */
  readonly confidence: 'confirmed' | 'unconfirmed' | 'contradicted';
  /** Measurements that do not fit. */
  readonly contradictions: number;
  /** Middleboxes whose limit lies in between. */
  readonly presets: readonly PresetName[];
  /** What can be counted on; null when it is too short for any keepalive. */
  readonly natTimeout: Seconds | null;
  /** What keeps a connection on this path warm; null with natTimeout. */
  readonly keepalive: Keepalive | null;
}

export function findingOf(measurements: readonly Measurement[], settings: Settings): Finding {
  const { lower, upper, contradictions } = bracketOf(measurements);
  const closing = closingOf(measurements) ?? null;
  const kind = kindOf({ lower, upper }, closing, settings);
  const natTimeout = natTimeoutOf(kind === 'closing' ? closing?.after : safe(measurements, lower));
  return {
    kind,
    remembered: lower,
    forgotten: upper === Infinity ? null : upper,
    onExpiry: onExpiryOf(measurements),
    closing,
    confidence: confidenceOf(kind, measurements, settings),
    contradictions,
    presets: kind === 'limit' ? presetsWithin(lower, upper) : [],
    natTimeout,
    keepalive: natTimeout === null ? null : keepaliveFor(natTimeout),
  };
}

function presetsWithin(lower: Milliseconds, upper: Milliseconds): PresetName[] {
  return presetNames.filter((name) => {
    const limit = presets[name].limit * 1000;
    return limit > lower && limit <= upper;
  });
}

interface Ends {
  readonly lower: Milliseconds;
  readonly upper: Milliseconds;
}

function kindOf(
  { lower, upper }: Ends,
  closing: Closing | null,
  { max }: Settings,
): Finding['kind'] {
  if (closing && closing.after < upper) return 'closing';
  if (upper < Infinity) return 'limit';
  return lower >= max ? 'none' : 'unknown';
}

function onExpiryOf(measurements: readonly Measurement[]): Finding['onExpiry'] {
  const verdicts = new Set(
    probed(measurements)
      .filter(isForgotten)
      .map(({ verdict }) => verdict),
  );
  if (verdicts.size === 0) return null;
  if (verdicts.size > 1) return 'mixed';
  return verdicts.has('reset') ? 'reset' : 'drop';
}

function confidenceOf(
  kind: Finding['kind'],
  measurements: readonly Measurement[],
  settings: Settings,
): Finding['confidence'] {
  const bracket = bracketOf(measurements);
  if (bracket.contradictions > 0) return 'contradicted';
  const tolerance = resolutionAt(bracket.upper, settings);
  const { lower, upper } = witnesses(measurements, bracket, tolerance);
  const confirmed = {
    limit: isNarrow(bracket, settings) && upper > 1 && (lower > 1 || bracket.lower < shortestIdle),
    none: witnessesOfMax(measurements, settings) > 1,
    closing: closingOf(measurements)?.confirmed ?? false,
    unknown: false,
  }[kind];
  return confirmed ? 'confirmed' : 'unconfirmed';
}

/** One forgotten connection that nothing bears out may be bad luck; two are believed, whatever lived longer. */
function safe(measurements: readonly Measurement[], lower: Milliseconds): Milliseconds {
  const samples = probed(measurements);
  const second = samples.filter(isForgotten)[1]?.idle ?? Infinity;
  if (second > lower) return lower;
  return samples.findLast((each) => !isForgotten(each) && each.idle < second)?.idle ?? 0;
}

function natTimeoutOf(silence: Milliseconds | undefined): Seconds | null {
  const seconds = Math.floor((silence ?? 0) / 1000);
  return seconds < intentRanges.natTimeout.min ? null : seconds;
}

function keepaliveFor(natTimeout: Seconds): Keepalive | null {
  const derivation = deriveKeepalive({ explicit: {}, intent: { natTimeout } });
  return derivation.ok ? derivation.keepalive : null;
}
