// Relay: the real native engine, through its TypeScript face, for the length of a test.
import type { ExecutionContext } from 'ava';
import { loadAddon } from '../../src/engine/addon.js';
import type { EnginePlan, EngineRoute, OpenListener } from '../../src/engine/contract.js';
import { Engine } from '../../src/engine/engine.js';
import type { DialFailedEvent, SessionClosedEvent } from '../../src/engine/events.js';
import type { Port } from '../../src/units.js';
import { guardFds } from './fds.js';
import { planOf, routeOf } from './plans.js';
import { until } from './waiting.js';

export class Relay {
  readonly engine: Engine;
  /** Everything that the engine told about sessions and dials, in order. */
  readonly closed: SessionClosedEvent[] = [];
  readonly dialFailures: DialFailedEvent[] = [];
  listeners: readonly OpenListener[] = [];
  #handedOut = 0;

  constructor(engine: Engine) {
    this.engine = engine;
    engine.on('sessionClosed', (event) => this.closed.push(event));
    engine.on('dialFailed', (event) => this.dialFailures.push(event));
  }

  /** Makes the plan the running one. */
  apply(plan: EnginePlan): void {
    this.listeners = this.engine.apply(plan);
  }

  /** The port of the first listener. */
  get port(): Port {
    const [first] = this.listeners;
    return Number(first?.address.split(':').at(-1));
  }

  /** The next session that ended and was not asked for yet, past or future. */
  async nextClosed(): Promise<SessionClosedEvent> {
    const event = await until('closed session', () => this.closed[this.#handedOut]);
    this.#handedOut += 1;
    return event;
  }

  /** Resolves when so many sessions live. */
  async active(count: number): Promise<void> {
    await until(`${count} live sessions`, () => this.engine.stats().active === count);
  }
}

/** Starts an engine with two workers and one route, and closes it when the test ends. */
export function startRelay(t: ExecutionContext, route: Partial<EngineRoute>): Relay {
  guardFds(t);
  const relay = new Relay(new Engine(loadAddon(), { workers: 2 }));
  t.teardown(() => relay.engine.close());
  relay.apply(planOf(routeOf(route)));
  return relay;
}
