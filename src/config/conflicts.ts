// Conflicts: intents that no options can give, because explicit keys stand against them.
// Looks past everything else that is wrong, so that one report holds all problems.
import z = require('zod');

import type { Conflict, ConflictKey, Stated } from '../keepalive/conflict.js';
import { deriveKeepalive } from '../keepalive/intent.js';
import { mergeKeepalive } from '../keepalive/policy.js';
import { formatDuration } from '../units.js';
import { type Finding, formatPath } from './finding.js';
import { type LegName, type Place, placesOf } from './places.js';
import { keepaliveSchema, type WrittenKeepalive } from './schema.js';

/** Finds the keys that can't hold together on a leg, once where several legs take them from the same place. */
export function findConflicts(file: unknown): Finding[] {
  const { defaults, routes } = readable.parse(file);
  const findings = routes.flatMap(({ keepalive }, index) => {
    // What is nearest decides, so of a route that can't be read nothing is said.
    if (keepalive === unreadable) return [];
    const far = defaults.keepalive === unreadable ? undefined : defaults.keepalive;
    const onLeg = (leg: LegName) => placesOf(leg, far, keepalive, ['routes', index]);
    return [...findOnLeg(onLeg('client')), ...findOnLeg(onLeg('upstream'))];
  });
  const identity = ({ path, message }: Finding) => `${formatPath(path)}: ${message}`;
  return [...new Map(findings.map((finding) => [identity(finding), finding])).values()];
}

/** Stands for a keepalive with a mistake in it. */
const unreadable = Symbol('unreadable');

function read(written: unknown): WrittenKeepalive | typeof unreadable {
  if (written === undefined) return undefined;
  const parsed = keepaliveSchema.safeParse(written);
  return parsed.success ? parsed.data : unreadable;
}

const place = z.object({ keepalive: z.unknown().transform(read).optional() });

/** Takes any value and keeps what can be read. */
const readable = z
  .object({
    defaults: place.catch({ keepalive: undefined }),
    routes: z.array(place.catch({ keepalive: unreadable })).catch([]),
  })
  .catch({ defaults: { keepalive: undefined }, routes: [] });

/** Finds the keys that can't hold together in what these places say of one leg; points at the nearest that has one. */
export function findOnLeg(places: readonly Place[]): Finding[] {
  const asked = mergeKeepalive(places.map(({ says }) => says));
  const derivation = asked && deriveKeepalive(asked);
  if (derivation === null || derivation.ok) return [];
  const { conflict } = derivation;
  const findings = [...places].reverse().flatMap(({ path, says }) => {
    const keys = says === undefined || says === 'off' ? {} : says;
    const key = keysOf(conflict).find((key) => key in keys);
    return key === undefined ? [] : [{ path: [...path, key], message: explain(conflict) }];
  });
  return findings.slice(0, 1);
}

function keysOf({ explicit }: Conflict): ConflictKey[] {
  return ['deadAfter', ...explicit.map(({ key }) => key)];
}

function explain({ deadAfter, explicit, nearest }: Conflict): string {
  const mend =
    nearest.length === 0 ? 'leave some of them out' : `nearest possible: ${list(nearest, ', or ')}`;
  const got = `deadAfter ${say('deadAfter', deadAfter)} with ${list(explicit, ', ')}`;
  return `expected keys that can hold together, got ${got} (${mend})`;
}

function list(stated: readonly Stated[], separator: string): string {
  return stated.map(({ key, value }) => `${key} ${say(key, value)}`).join(separator);
}

function say(key: ConflictKey, value: number): string {
  if (key === 'count') return `${value}`;
  return key === 'userTimeout' ? formatDuration(value) : `${value}s`;
}
