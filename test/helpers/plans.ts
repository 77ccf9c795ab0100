// Plans: engine plans and events with everything filled in, so that a test names only what it is about.
import type { EnginePlan, EngineRoute } from '../../src/engine/contract.js';
import type { SessionClosedEvent } from '../../src/engine/events.js';

export const keepalive = { idle: 60, interval: 10, count: 3, userTimeout: 90_000 } as const;

/** A route from a free port of 127.0.0.1 to nowhere. */
export function routeOf(overrides: Partial<EngineRoute> = {}): EngineRoute {
  return {
    name: 'test',
    listeners: [{ host: '127.0.0.1', port: 0 }],
    endpoints: [{ host: '127.0.0.1', port: 1 }],
    client: keepalive,
    upstream: keepalive,
    connectTimeout: 5_000,
    halfCloseTimeout: 3_600_000,
    noDelay: true,
    onDeath: 'reset',
    backlog: 4096,
    ...overrides,
  };
}

/** A plan that reports every session. */
export function planOf(...routes: EngineRoute[]): EnginePlan {
  return { routes, sessionEvents: 'all' };
}

/** A session that its client ended cleanly. */
export function closedSession(overrides: Partial<SessionClosedEvent> = {}): SessionClosedEvent {
  return {
    type: 'sessionClosed',
    session: 1,
    route: 'test',
    reason: 'clientFin',
    errno: 0,
    syscall: '',
    evidence: null,
    duration: 12,
    client: '127.0.0.1:40000',
    upstream: '127.0.0.1:5432',
    bytesToUpstream: 5,
    bytesToClient: 7,
    clientKeepalive: keepalive,
    upstreamKeepalive: null,
    ...overrides,
  };
}
