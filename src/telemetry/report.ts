// Report: what a check finds, as the values that its words and its JSON document are made of. Pure.
// docs/operations.md lists the fields.
import { formatAddress } from '../config/address.js';
import type { Config, RouteConfig } from '../config/config.js';
import type { EnginePlan, EngineRoute, LegName } from '../engine/contract.js';
import { type LintCode, lintLeg } from '../keepalive/lint.js';
import type { Intent, Keepalive } from '../keepalive/policy.js';
import { type Timeline, timeline } from '../keepalive/timeline.js';
import { isUnixOnly, legNames } from './legs.js';

export interface CheckReport {
  readonly routes: readonly RouteReport[];
  readonly warnings: readonly Warning[];
}

export interface RouteReport {
  readonly name: string;
  readonly listen: readonly string[];
  /** As it is written. */
  readonly upstream: readonly string[];
  /** What is dialled, after the names were resolved. */
  readonly addresses: readonly string[];
  readonly legs: Readonly<Record<LegName, LegReport>>;
}

export interface LegReport {
  /** Whether the leg is a unix socket in every session, so that nothing of the rest applies. */
  readonly unix: boolean;
  /** null: off. */
  readonly keepalive: Keepalive | null;
  /** What is not stated is null. */
  readonly intent: { readonly [Key in keyof Intent]-?: NonNullable<Intent[Key]> | null };
  readonly timeline: Timeline | null;
}

/** Something that is allowed and unwise. */
export interface Warning {
  readonly code: LintCode;
  readonly route: string;
  readonly leg: LegName;
  readonly message: string;
}

/** Reports on every route of a plan; `config` is what the plan was made of. */
export function reportCheck(config: Config, plan: EnginePlan): CheckReport {
  const routes = plan.routes.flatMap((route, index) => {
    const written = config.routes[index];
    return written === undefined ? [] : [{ route, written }];
  });
  return {
    routes: routes.map(({ route, written }) => reportRoute(route, written)),
    warnings: routes.flatMap(({ route, written }) =>
      legNames.flatMap((leg) => warnings(leg, route, written)),
    ),
  };
}

function reportRoute(route: EngineRoute, written: RouteConfig): RouteReport {
  return {
    name: route.name,
    listen: route.listeners.map(formatAddress),
    upstream: written.endpoints.map(formatAddress),
    addresses: route.endpoints.map(formatAddress),
    legs: {
      client: reportLeg('client', route, written),
      upstream: reportLeg('upstream', route, written),
    },
  };
}

function reportLeg(leg: LegName, route: EngineRoute, written: RouteConfig): LegReport {
  const unix = isUnixOnly(route, leg);
  const keepalive = written[leg];
  const connectTimeout = leg === 'upstream' ? written.connectTimeout : null;
  const { preset = null, natTimeout = null, deadAfter = null } = written.intents[leg];
  return {
    unix,
    keepalive: unix ? null : keepalive,
    intent: { preset, natTimeout, deadAfter },
    timeline: unix ? null : timeline(keepalive, connectTimeout),
  };
}

function warnings(leg: LegName, route: EngineRoute, written: RouteConfig): Warning[] {
  if (isUnixOnly(route, leg)) return [];
  return lintLeg(written[leg], written.intents[leg]).map(({ code, message }) => ({
    code,
    route: route.name,
    leg,
    message,
  }));
}
