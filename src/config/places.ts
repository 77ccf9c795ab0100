// Places: where keepalive may be written for a leg of a route, the farthest first, and what each place says.
import type { KeepaliveLayer } from '../keepalive/policy.js';
import type { Path } from './finding.js';
import type { WrittenKeepalive } from './schema.js';

export type LegName = 'client' | 'upstream';

export interface Place {
  readonly path: Path;
  readonly says: KeepaliveLayer;
}

/** Lists what the defaults and a route, which is found at `path`, say about a leg. */
export function placesOf(
  leg: LegName,
  defaults: WrittenKeepalive,
  route: WrittenKeepalive,
  path: Path = [],
): Place[] {
  return [
    ...placesIn(leg, defaults, ['defaults', 'keepalive']),
    ...placesIn(leg, route, [...path, 'keepalive']),
  ];
}

/** First what is said for both legs, then for this one. */
function placesIn(leg: LegName, written: WrittenKeepalive, path: Path): Place[] {
  if (written === undefined || written === 'off') return [{ path, says: written }];
  const { client, upstream, ...both } = written;
  return [
    { path, says: both },
    { path: [...path, leg], says: leg === 'client' ? client : upstream },
  ];
}
