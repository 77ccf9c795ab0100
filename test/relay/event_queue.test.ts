// JavaScript that is busy costs events, never relaying: what does not fit in the queue is dropped and counted.
import { execFileSync } from 'node:child_process';
import { loadAddon } from '../../src/engine/addon.js';
import type { EngineEvent } from '../../src/engine/events.js';
import { guardFds } from '../helpers/fds.js';
import { planOf, routeOf } from '../helpers/plans.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';

/** Connects so many times, one after the other, and waits each time for the end. */
const clients = `
import socket, sys
for _ in range(int(sys.argv[2])):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)
    except ConnectionResetError:
        pass
`;

test.serial(
  '100 sessions while JavaScript is busy and the queue holds 8 are told or counted',
  async (t) => {
    guardFds(t);
    const told: EngineEvent[] = [];
    const addon = loadAddon();
    const native = new addon.Engine({
      workers: 2,
      backEnd: 'auto',
      eventCapacity: 8,
      onWake: () => told.push(...native.takeEvents()),
    });
    t.teardown(() => native.close());
    // Nobody listens on port 1, so each session is a failed dial and an end: two events.
    const applied = native.apply(planOf(routeOf({ endpoints: [{ host: '127.0.0.1', port: 1 }] })));
    const port = applied.ok ? String(applied.listeners[0]?.address.split(':')[1]) : '';
    execFileSync('python3', ['-c', clients, port, '100']);

    const dropped = () =>
      told.reduce((sum, event) => sum + (event.type === 'dropped' ? event.count : 0), 0);
    const others = () => told.filter(({ type }) => type !== 'dropped').length;
    await until('account of all 200 events', () => others() + dropped() === 200);
    t.true(others() >= 8 && others() < 200, `${others()} were told`);
    t.is(native.stats().eventsDropped, dropped());
    t.is(native.stats().routes[0]?.accepted, 100);
  },
);
