// Merge: from a file's own words to what each route runs with.
// The nearest place wins, key by key: built in → defaults → route → leg.
import { deriveKeepalive } from '../keepalive/intent.js';
import { type Intent, type Keepalive, mergeKeepalive } from '../keepalive/policy.js';
import type { Config, RouteConfig } from './config.js';
import { type LegName, placesOf } from './places.js';
import type { WrittenConfig } from './schema.js';

type WrittenDefaults = WrittenConfig['defaults'];
type WrittenRoute = WrittenConfig['routes'][number];

/** Fills in every route from the defaults; the file has no conflict. */
export function mergeConfig({ defaults, routes, ...rest }: WrittenConfig): Config {
  return { ...rest, routes: routes.map((route) => mergeRoute(defaults, route)) };
}

function mergeRoute(defaults: WrittenDefaults, { upstream, ...route }: WrittenRoute): RouteConfig {
  const { keepalive: _, ...policies } = { ...defaults, ...route };
  const onLeg = (leg: LegName) => mergeLeg(leg, defaults, route);
  const [client, server] = [onLeg('client'), onLeg('upstream')];
  return {
    ...policies,
    endpoints: upstream,
    client: client.keepalive,
    upstream: server.keepalive,
    intents: { client: client.intent, upstream: server.intent },
  };
}

interface MergedLeg {
  readonly keepalive: Keepalive | null;
  readonly intent: Intent;
}

function mergeLeg(
  leg: LegName,
  defaults: WrittenDefaults,
  route: Pick<WrittenRoute, 'keepalive'>,
): MergedLeg {
  const places = placesOf(leg, defaults.keepalive, route.keepalive);
  const asked = mergeKeepalive(places.map(({ says }) => says));
  if (asked === null) return { keepalive: null, intent: {} };
  const derivation = deriveKeepalive(asked);
  if (!derivation.ok) throw new Error('conflicts are found before anything is merged');
  return { keepalive: derivation.keepalive, intent: asked.intent };
}
