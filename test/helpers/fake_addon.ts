// Fake addon: a native engine that does what the test says, for tests of what stands above it. Opens no socket.
import type {
  Addon,
  ApplyResult,
  EngineFailure,
  EngineOptions,
  EnginePlan,
  NativeEngine,
  ProbeResult,
} from '../../src/engine/contract.js';
import type { EngineEvent } from '../../src/engine/events.js';

export class FakeEngine implements NativeEngine {
  /** The calls that changed something, in order. */
  readonly calls: string[] = [];
  readonly inspections: number[] = [];
  readonly retunings: number[] = [];
  readonly plans: EnginePlan[] = [];
  /** How often the events that waited were taken. */
  takes = 0;
  /** What `close` returns besides what was not taken. */
  lastEvents: readonly EngineEvent[] = [];
  active = 0;
  readonly #addon: FakeAddon;
  readonly options: EngineOptions;
  readonly #waiting: EngineEvent[] = [];

  constructor(addon: FakeAddon, options: EngineOptions) {
    this.#addon = addon;
    this.options = options;
  }

  /** Has the events wait, and wakes the listener when they are the first to wait, as the native side does. */
  tell(...events: EngineEvent[]): void {
    const isFirst = this.#waiting.length === 0;
    this.#waiting.push(...events);
    if (isFirst) this.options.onWake();
  }

  takeEvents(): readonly EngineEvent[] {
    this.takes += 1;
    return this.#waiting.splice(0);
  }

  apply(plan: EnginePlan): ApplyResult {
    this.calls.push('apply');
    this.plans.push(plan);
    return this.#addon.applyResult ?? { ok: true, listeners: listenersOf(plan) };
  }

  inspect(request: number): void {
    this.inspections.push(request);
  }

  retune(request: number): void {
    this.retunings.push(request);
  }

  stats() {
    const { workers } = this.options;
    const { ringRefused } = this.#addon;
    const backEnd = ringRefused === null ? 'io_uring' : 'epoll';
    const { active } = this;
    return { workers, backEnd, ringRefused, active, eventsDropped: 0, routes: [] } as const;
  }

  stopAccepting(): void {
    this.calls.push('stopAccepting');
  }

  close(): readonly EngineEvent[] {
    this.calls.push('close');
    return [...this.#waiting.splice(0), ...this.lastEvents];
  }
}

export class FakeAddon implements Addon {
  readonly closeReasons = [];
  readonly engines: FakeEngine[] = [];
  /** What `apply` answers; undefined opens every listener as asked. */
  applyResult: ApplyResult | undefined;
  /** What `probeKeepalive` answers; undefined holds what was asked. */
  probeResult: ProbeResult | undefined;
  readonly probes: unknown[] = [];
  /** Why the kernel has no ring for us, if it has none. */
  ringRefused: EngineFailure | null = null;
  readonly Engine: Addon['Engine'];

  constructor() {
    const addon = this;
    this.Engine = class extends FakeEngine {
      constructor(options: EngineOptions) {
        super(addon, options);
        addon.engines.push(this);
      }
    };
  }

  /** The engine that was constructed last. */
  get engine(): FakeEngine {
    const engine = this.engines.at(-1);
    if (engine === undefined) throw new Error('no engine was constructed');
    return engine;
  }

  probeKeepalive(keepalive: Parameters<Addon['probeKeepalive']>[0]): ProbeResult {
    this.probes.push(keepalive);
    return this.probeResult ?? { ok: true, effective: { enabled: true, ...keepalive } };
  }

  raiseFdLimit() {
    return { ok: true, limit: { soft: 1024, hard: 1024 } } as const;
  }
}

function listenersOf({ routes }: EnginePlan) {
  return routes.flatMap(({ name, listeners }) =>
    listeners.map((at) => ({
      route: name,
      address: 'path' in at ? `unix:${at.path}` : `${at.host}:${at.port}`,
    })),
  );
}
