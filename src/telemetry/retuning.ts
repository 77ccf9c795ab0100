// Retuning: what changing the keepalive of live sessions came to, as log lines and in words for people.
import type { RouteRetuning } from '../engine/events.js';
import type { Difference, RestartNeed } from '../routes/diff.js';
import type { Log } from './log.js';

export interface Retuning {
  readonly difference: Difference;
  /** What the engine counted, for every route of the plan. */
  readonly routes: readonly RouteRetuning[];
}

/** Writes `retuned` for each route whose keepalive or sessions changed or failed to, and a `needsRestart` line each. */
export function logRetuning(log: Log, retuning: Retuning): void {
  for (const route of touchedRoutes(retuning)) {
    log.write(route.failed > 0 ? 'warn' : 'info', 'retuned', route);
  }
  for (const need of retuning.difference.needsRestart) log.write('warn', 'needsRestart', need);
}

/** The same in one line: "retuned 3 sessions on 1 route; needs restart: workers; route db: listen, upstream". */
export function explainRetuning(retuning: Retuning): string {
  const routes = touchedRoutes(retuning);
  const { needsRestart } = retuning.difference;
  const [retuned, failed] = [sum(routes, 'retuned'), sum(routes, 'failed')];
  const parts = [
    routes.length === 0
      ? 'no keepalive has changed'
      : `retuned ${counted(retuned, 'session')} on ${counted(routes.length, 'route')}`,
    ...(failed > 0 ? [`${counted(failed, 'session')} did not take it`] : []),
    ...(needsRestart.length > 0 ? [`needs restart: ${needsRestart.map(explain).join('; ')}`] : []),
  ];
  return parts.join('; ');
}

function touchedRoutes({ difference, routes }: Retuning): RouteRetuning[] {
  return routes.filter(
    ({ route, retuned, failed }) => difference.retuned.has(route) || retuned + failed > 0,
  );
}

function sum(routes: readonly RouteRetuning[], count: 'retuned' | 'failed'): number {
  return routes.reduce((total, route) => total + route[count], 0);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function explain({ route, keys }: RestartNeed): string {
  return route === null ? keys.join(', ') : `route ${route}: ${keys.join(', ')}`;
}
