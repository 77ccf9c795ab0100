// Merge: from a file's own words to what each route runs with.
// The nearest place wins, key by key: built in → defaults → route → leg.
import { type Keepalive, type KeepaliveLayer, mergeKeepalive } from '../keepalive/policy.js';
import type { Config, RouteConfig } from './config.js';
import type { WrittenConfig } from './schema.js';

type WrittenDefaults = WrittenConfig['defaults'];
type WrittenRoute = WrittenConfig['routes'][number];
type WrittenKeepalive = WrittenRoute['keepalive'];
type Leg = 'client' | 'upstream';

/** Fills in every route from the defaults. */
export function mergeConfig({ defaults, routes, ...rest }: WrittenConfig): Config {
  return { ...rest, routes: routes.map((route) => mergeRoute(defaults, route)) };
}

function mergeRoute(defaults: WrittenDefaults, { upstream, ...route }: WrittenRoute): RouteConfig {
  const { keepalive: _, ...policies } = { ...defaults, ...route };
  const legKeepalive = (leg: Leg): Keepalive | null =>
    mergeKeepalive([...layers(defaults.keepalive, leg), ...layers(route.keepalive, leg)]);
  return {
    ...policies,
    endpoints: upstream,
    client: legKeepalive('client'),
    upstream: legKeepalive('upstream'),
  };
}

/** What one place says about a leg: first for both legs, then for this one. */
function layers(written: WrittenKeepalive, leg: Leg): KeepaliveLayer[] {
  if (written === undefined || written === 'off') return [written];
  const { client, upstream, ...both } = written;
  return [both, leg === 'client' ? client : upstream];
}
