// Diff: what a running config and one that was read later differ in: keepalive, which is changed in place, and all else,
// which needs a restart. Compares what was written, and so looks up no name. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { Config, RouteConfig } from '../config/config.js';

/** What the running config becomes, and what it does not become. */
export interface Difference {
  /** What to run from now on: the running config with the keepalives of the other. */
  readonly config: Config;
  /** The names of the routes whose keepalive changes. */
  readonly retuned: ReadonlySet<string>;
  /** What stays as it is until a restart; empty when that is nothing. */
  readonly needsRestart: readonly RestartNeed[];
}

/** Keys that need a restart: of one route, or with null those outside of routes. */
export interface RestartNeed {
  readonly route: string | null;
  /** As the file has them, such as `listen` or `log.level`; `added` or `removed` for a whole route. */
  readonly keys: readonly string[];
}

/** Compares the running config with one that was read later. Routes are matched by name. */
export function diffConfigs(running: Config, read: Config): Difference {
  const pairs = running.routes.map((route) => [route, routeNamed(read, route.name)] as const);
  const routes = pairs.map(([route, other]) => (other ? withKeepalive(route, other) : route));
  const retuned = routes.filter((route, index) => !hasKeepaliveOf(route, running.routes[index]));
  const added = read.routes.filter(({ name }) => routeNamed(running, name) === undefined);
  const needs = [
    { route: null, keys: differingKeys(outsideOfRoutes(running), outsideOfRoutes(read)) },
    ...pairs.map(([route, other]) => ({ route: route.name, keys: restartKeys(route, other) })),
    ...added.map(({ name }) => ({ route: name, keys: ['added'] })),
  ];
  return {
    config: { ...running, routes },
    retuned: new Set(retuned.map(({ name }) => name)),
    needsRestart: needs.filter(({ keys }) => keys.length > 0),
  };
}

function routeNamed({ routes }: Config, name: string): RouteConfig | undefined {
  return routes.find((route) => route.name === name);
}

function withKeepalive(route: RouteConfig, other: RouteConfig): RouteConfig {
  const { client, upstream, intents } = other;
  return { ...route, client, upstream, intents };
}

function hasKeepaliveOf(route: RouteConfig, other: RouteConfig | undefined): boolean {
  return (
    isDeepStrictEqual(route.client, other?.client) &&
    isDeepStrictEqual(route.upstream, other?.upstream)
  );
}

function restartKeys(route: RouteConfig, other: RouteConfig | undefined): string[] {
  if (other === undefined) return ['removed'];
  const keys = differingKeys(withKeepalive(route, other), other);
  return keys.map((key) => (key === 'endpoints' ? 'upstream' : key)).sort();
}

function outsideOfRoutes({ routes: _, ...rest }: Config): object {
  return rest;
}

/** The paths at which two trees differ; a list is compared as a whole. */
function differingKeys(before: object, after: object): string[] {
  const [old, fresh] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const keys = new Set([...old.keys(), ...fresh.keys()]);
  return [...keys].flatMap((key) => {
    const [one, other] = [old.get(key), fresh.get(key)];
    if (isDeepStrictEqual(one, other)) return [];
    if (!isMapping(one) || !isMapping(other)) return [key];
    return differingKeys(one, other).map((inner) => `${key}.${inner}`);
  });
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
