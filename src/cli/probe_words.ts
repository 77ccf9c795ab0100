// ProbeWords: what a probe does and has found, in words for people. Pure.
import { formatKeepalive } from '../keepalive/timeline.js';
import type { Closing } from '../toolkit/probe/closing.js';
import type { Finding } from '../toolkit/probe/finding.js';
import type { Measurement } from '../toolkit/probe/measurement.js';
import type { RoundKind, Settings } from '../toolkit/probe/plan.js';
import type { Outcome } from '../toolkit/probe/probe.js';
import { formatTarget, type Target } from '../toolkit/probe/target.js';
import type { Milliseconds } from '../units.js';

/** The first line. */
export function explainStart(target: Target, { max, connections }: Settings): string {
  return `probing ${formatTarget(target)} with up to ${connections} idle connections, for up to ${sayTime(max)} each; Ctrl-C ends it with what is known`;
}

/** Why a round is made. */
export const roundWords: Readonly<Record<RoundKind, string>> = {
  ladder: 'growing idle times',
  narrow: 'idle times in between',
  confirm: 'both ends of the bracket once more',
  dispute: 'answers differ: more of them',
  closing: 'the far end closes: once more, and with probes all the while',
};

/** One connection's end. */
export function explainMeasurement({ idle, verdict, closedBy, why, warm }: Measurement): string {
  const after = `${sayTime(idle)} ${warm ? 'old, kept warm' : 'idle'}`;
  if (verdict === 'unclear') return `nothing learnt: ${why}`;
  if (verdict === 'closed') return `${after}: closed from the other side (${closedBy})`;
  const words = { alive: 'alive', reset: 'forgotten (reset)', dropped: 'forgotten (no answer)' };
  return `${after}: ${words[verdict]}`;
}

/** "10.6s", "5m50s". */
export function sayTime(time: Milliseconds): string {
  const seconds = time / 1000;
  if (seconds < 100) return `${Number(seconds.toFixed(1))}s`;
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  return rest === 0 ? `${minutes}m` : `${minutes}m${rest}s`;
}

/** What was found, how sure that is, and the block to paste. */
export function explainOutcome(target: Target, outcome: Outcome): string[] {
  const { finding, took } = outcome;
  return [
    ...explainEnd(outcome),
    `${formatTarget(target)}: ${explainKind(finding)}`,
    `${explainConfidence(finding)} (took ${sayTime(took)})`,
    ...explainPresets(finding),
    '',
    ...block(target, finding),
  ];
}

function explainEnd({ end, measurements }: Outcome): string[] {
  switch (end) {
    case 'done':
      return [];
    case 'stopped':
      return ['stopped before everything was measured; so far:'];
    case 'stuck':
      return [`a whole round told nothing (${measurements.at(-1)?.why}); so far:`];
  }
}

function explainKind({ kind, remembered, forgotten, onExpiry, closing }: Finding): string {
  switch (kind) {
    case 'limit':
      return `an idle connection is remembered for ${sayTime(remembered)} and forgotten after ${sayTime(forgotten ?? 0)}; ${expiryWords[onExpiry ?? 'mixed']}`;
    case 'none':
      return `no limit up to ${sayTime(remembered)}`;
    case 'closing':
      return closing === null ? '' : explainClosing(closing);
    case 'unknown':
      return remembered === 0
        ? 'nothing is known yet'
        : `no limit up to ${sayTime(remembered)}; what is beyond is not known`;
  }
}

const expiryWords = {
  drop: 'a probe then gets no answer',
  reset: 'a probe is then answered by a reset',
  mixed: 'a probe then gets a reset or no answer',
} as const;

function explainClosing({ after, by, preventedByProbes }: Closing): string {
  const what = `connections that say nothing are closed from the other side after ${sayTime(after)} (${by}), before the path forgets them`;
  if (preventedByProbes === null) return what;
  return preventedByProbes
    ? `${what}; keepalive probes prevent it, so a box on the way counts packets`
    : `${what}; probes do not prevent it, so the server or a proxy waits for payload: keepalive is no remedy. Probe a port that tolerates silence to learn more of the path`;
}

function explainConfidence({ confidence, contradictions }: Finding): string {
  const words = {
    confirmed: 'confirmed: seen more than once, and nothing contradicts it',
    unconfirmed: 'not confirmed',
    contradicted: `answers contradict each other (${contradictions} do not fit): what was forgotten earliest is counted on`,
  };
  return words[confidence];
}

function explainPresets({ presets }: Finding): string[] {
  return presets.length === 0 ? [] : [`that is also the limit of: ${presets.join(', ')}`];
}

/** A block of YAML for warmline's configuration. */
function block(target: Target, { natTimeout, keepalive }: Finding): string[] {
  if (natTimeout === null || keepalive === null) {
    return ['no keepalive can be recommended: less than 3 s is known to be remembered'];
  }
  return [
    `# the path to ${formatTarget(target)}, measured by warmline probe`,
    'keepalive:',
    `  natTimeout: ${natTimeout}s  # comes to ${formatKeepalive(keepalive)}`,
  ];
}
