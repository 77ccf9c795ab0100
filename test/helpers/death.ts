// Death: how a leg of a session in the laboratory died, by what the wire and the log say.
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Milliseconds } from '../../src/units.js';
import { isReset, type Segment } from './capture.js';
import { type LabSession, otherLeg } from './lab_session.js';
import { earliest, latest } from './measured.js';

/** The least and the most that a field may be. */
type Range = readonly [number, number];

/** Fields of the log's `evidence`. */
type Evidence = Readonly<Record<'probes' | 'retransmits' | 'notsent' | 'lastAck', Range>>;

const any: Range = [0, Number.MAX_SAFE_INTEGER];
const none: Range = [0, 0];

/** What the kernel knew of a leg that was idle when it died, after so many probes in vain. */
export function idleEvidence(probes: Range, lastAck: Milliseconds): Evidence {
  return {
    probes,
    retransmits: none,
    notsent: none,
    lastAck: [earliest(lastAck), latest(lastAck)],
  };
}

/** What it knew of a leg that died with data in flight, `lastAck` after it was last heard. */
export function busyEvidence(lastAck: Milliseconds): Evidence {
  return {
    probes: none,
    retransmits: [1, 255],
    notsent: any,
    lastAck: [earliest(lastAck), latest(lastAck)],
  };
}

/** What it knew of a leg whose window was closed. */
export function closedWindowEvidence(lastAck: Milliseconds): Evidence {
  return {
    probes: [3, 255],
    retransmits: none,
    notsent: [1, Number.MAX_SAFE_INTEGER],
    lastAck: [earliest(lastAck), latest(lastAck)],
  };
}

export interface Death {
  readonly leg: LegName;
  /** The close reason without the leg in front. */
  readonly reason: string;
  readonly evidence: Evidence;
}

/** Waits until the relay resets the leg that survives; checks the log, and returns that reset as it left the relay. */
export async function survivorReset(
  t: ExecutionContext,
  { warmline, wire }: LabSession,
  { leg, reason, evidence }: Death,
): Promise<Segment> {
  const reset = await wire[otherLeg(leg)].next('reset', isOurReset);
  const line = await warmline.event('sessionClosed');
  t.is(line['reason'], `${leg}${reason}`);
  t.is(line['leg'], leg);
  checkEvidence(t, line['evidence'], evidence);
  return reset;
}

/** A reset that the relay sent. */
export function isOurReset(segment: Segment): boolean {
  return segment.isOurs && isReset(segment);
}

function checkEvidence(t: ExecutionContext, found: unknown, expected: Evidence): void {
  const fields = (found ?? {}) as Record<string, unknown>;
  for (const [field, [least, most]] of Object.entries(expected)) {
    const value = Number(fields[field]);
    t.true(
      value >= least && value <= most,
      `evidence.${field}: ${fields[field]}, not ${least} to ${most}`,
    );
  }
}
