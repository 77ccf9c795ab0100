// Verify: asks the kernel, before anything listens, whether it takes every keepalive of a plan. Uses scratch sockets only.
import { WarmlineError } from '../errors.js';
import type {
  Addon,
  EffectiveKeepalive,
  EngineKeepalive,
  EnginePlan,
  EngineRoute,
  LegName,
  ProbeResult,
} from './contract.js';
import { errnoName } from './errno.js';

/** Applies each distinct keepalive of the plan to a scratch socket and reads it back; WL_KEEPALIVE_REFUSED names the leg. */
export function verifyKeepalivesOrThrow(
  addon: Pick<Addon, 'probeKeepalive'>,
  plan: EnginePlan,
): void {
  const verified = new Set<string>();
  for (const route of plan.routes) {
    for (const leg of ['client', 'upstream'] as const) {
      const asked = route[leg];
      if (asked === null || verified.has(words(asked))) continue;
      verifyOrThrow(addon, route, leg, asked);
      verified.add(words(asked));
    }
  }
}

function verifyOrThrow(
  addon: Pick<Addon, 'probeKeepalive'>,
  route: EngineRoute,
  leg: LegName,
  asked: EngineKeepalive,
): void {
  const mismatch = findMismatch(asked, addon.probeKeepalive(asked));
  if (mismatch === undefined) return;
  throw new WarmlineError(
    'WL_KEEPALIVE_REFUSED',
    `route ${route.name}: keepalive.${leg}: ${mismatch}`,
  );
}

/** Says "asked for X, got Y" when a socket does not hold what was asked; null asks for SO_KEEPALIVE and the user timeout off. */
export function findMismatch(
  asked: EngineKeepalive | null,
  result: ProbeResult,
): string | undefined {
  if (result.ok && holds(result.effective, asked)) return undefined;
  const got = result.ok
    ? `${words(result.effective)}${result.effective.enabled ? '' : ', SO_KEEPALIVE off'}`
    : `${errnoName(result.failure.errno)} from ${result.failure.syscall}`;
  return `asked for ${asked === null ? 'keepalive off' : words(asked)}, got ${got}`;
}

function holds(effective: EffectiveKeepalive, asked: EngineKeepalive | null): boolean {
  if (asked === null) return !effective.enabled && effective.userTimeout === 0;
  return effective.enabled && words(effective) === words(asked);
}

function words({ idle, interval, count, userTimeout }: EngineKeepalive): string {
  return `idle ${idle} s, interval ${interval} s, count ${count}, user timeout ${userTimeout} ms`;
}
