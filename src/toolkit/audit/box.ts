// Box: the middlebox that connections are judged against, and the keepalive that would outlast it. Pure.
import { deriveKeepalive } from '../../keepalive/intent.js';
import type { Keepalive } from '../../keepalive/policy.js';
import { type PresetName, presets } from '../../keepalive/presets.js';
import { formatDuration, type Seconds } from '../../units.js';

/** A middlebox on the path, known by name or by how long it remembers. */
export interface Box {
  readonly preset?: PresetName;
  /** How long it remembers an idle connection. */
  readonly natTimeout: Seconds;
}

/** The box of a preset, which may have been set to remember otherwise; undefined when neither is given. */
export function boxOf(preset?: PresetName, natTimeout?: Seconds): Box | undefined {
  if (preset === undefined) return natTimeout === undefined ? undefined : { natTimeout };
  return { preset, natTimeout: natTimeout ?? presets[preset].limit };
}

/** Whether probes do not refresh its memory, so that no keepalive helps. */
export function looksAtPayload(box: Box | undefined): boolean {
  return box?.preset !== undefined && presets[box.preset].refreshedBy === 'payload';
}

/** The keepalive that a connection behind the box should have; without one, the built-in values. */
export function recommendedKeepalive(box: Box | undefined): Keepalive {
  const derived = deriveKeepalive({ explicit: {}, intent: box ?? {} });
  // Nothing but an explicit key or a deadAfter can be in conflict, and neither is here.
  if (!derived.ok) throw new Error(`no keepalive fits ${JSON.stringify(box)}`);
  return derived.keepalive;
}

/** A box of which the name is not known, or is told not to be. */
interface DescribedBox extends Omit<Box, 'preset'> {
  readonly preset?: PresetName | null;
}

/** "aws-nat-gateway, which forgets after 350s". */
export function describeBox({ preset, natTimeout }: DescribedBox): string {
  const name = preset ?? 'a box';
  return `${name}, which forgets after ${formatDuration(natTimeout * 1000)}`;
}
