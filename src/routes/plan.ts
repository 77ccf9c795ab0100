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

function buildRoute({ listen, ...route }: RouteConfig, resolved: ResolvedEndpoints): EngineRoute {
  return { ...route, listeners: listen, endpoints: resolved.get(route.name) ?? [] };
}
