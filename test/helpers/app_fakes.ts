// App fakes: the parts of an app of one route whose name resolves to two addresses, none of them real.
import type { Parts } from '../../src/app.js';
import { configFromWords } from '../../src/config/words.js';
import { Log } from '../../src/telemetry/log.js';
import { FakeAddon } from './fake_addon.js';
import { FakeTimers } from './fake_timers.js';
import { MemoryOutput } from './memory_output.js';

/** What the app is started with. */
export const config = configFromWords({
  listen: ['127.0.0.1:7070'],
  upstream: ['db.example:5432'],
});

/** Parts for `startApp` and `checkApp`, and what stands behind them. */
export function fakes() {
  const addon = new FakeAddon();
  const output = new MemoryOutput();
  const clock = new FakeTimers();
  const parts: Parts = {
    addon,
    clock,
    lookup: () => Promise.resolve([{ address: '192.0.2.1' }, { address: '192.0.2.2' }]),
    machine: { cpus: () => 3, openFds: () => 24, somaxconn: () => 4096 },
    openLog: ({ level }) => new Log({ level, format: 'json', color: false }, output, clock, clock),
  };
  return { addon, output, clock, parts };
}
