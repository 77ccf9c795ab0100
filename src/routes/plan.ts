// Plan: what the user wrote and the addresses that names resolved to, as the value that the engine runs. Pure.
import type { Config, RouteConfig } from '../config/config.js';
import type { ResolvedEndpoints } from '../dns/resolver.js';
import type { EnginePlan, EngineRoute } from '../engine/contract.js';

/** Builds the engine's plan; `resolved` holds every route of `config`. */
export function buildPlan(config: Config, resolved: ResolvedEndpoints): EnginePlan {
  return {
    routes: config.routes.map((route) => buildRoute(route, resolved)),
    sessionEvents: config.log.sessions,
  };
}

/** The running plan with the keepalives of `config`, which has a route of each name; addresses stay as they were. */
export function retunePlan(running: EnginePlan, config: Config): EnginePlan {
  const keepalives = new Map(
    config.routes.map(({ name, client, upstream }) => [name, { client, upstream }]),
  );
  return {
    ...running,
    routes: running.routes.map((route) => ({ ...route, ...keepalives.get(route.name) })),
  };
}

/** Intents stay behind: the engine knows numbers only. */
function buildRoute(
  { listen, intents: _, ...route }: RouteConfig,
  resolved: ResolvedEndpoints,
): EngineRoute {
  return { ...route, listeners: listen, endpoints: resolved.get(route.name) ?? [] };
}
