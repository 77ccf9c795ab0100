// Load: the native load generator, bench/native, and how it is built and started.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Port } from '../src/units.js';
import { type Child, startChild } from './children.js';
import type { Extent } from './figure.js';

/** The ports of an upstream, or of a relay in front of one. */
export interface Ports {
  /** Sends back what it gets. */
  readonly echo: Port;
  /** Sends as fast as it is read. */
  readonly source: Port;
  /** The same, and throws away what it gets. */
  readonly bothWays: Port;
}

/** What a driver is told. */
export interface Drive {
  readonly figure: 'bulk' | 'both-ways' | 'messages' | 'connects' | 'hold';
  readonly port: Port;
  readonly connections: number;
  /** Processes whose CPU time is taken. */
  readonly watch?: readonly number[];
}

/** The load of one measurement: its upstream, and what drives. */
export interface Load {
  readonly upstream: Child;
  /** Drives for as long as the extent says, and resolves with the numbers that the driver printed. */
  drive(drive: Drive, extent: Extent): Promise<Readonly<Record<string, number>>>;
  /** Starts a driver that takes commands. */
  start(drive: Drive): Child;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(root, 'bench/native');
const program = join(root, 'variants/bench/load');

/** Compiles the load generator unless it is newer than its sources. */
export function buildLoad(): void {
  const files = [
    ...readdirSync(sources).map((name) => join(sources, name)),
    join(root, 'native/net/fd.h'),
    join(root, 'native/net/fd.cc'),
  ];
  const newest = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return;
  mkdirSync(join(root, 'variants/bench'), { recursive: true });
  const units = files.filter((file) => file.endsWith('.cc'));
  const flags = ['-O2', '-std=c++20', '-Wall', '-Wextra', '-Wshadow', '-Wconversion'];
  const args = [...flags, `-I${join(root, 'native')}`, ...units, '-o', program];
  try {
    execFileSync('g++', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (cause) {
    throw new Error('the load generator could not be built; it takes g++ with C++20', { cause });
  }
}

/** Starts an upstream; resolves with its ports and with what drives. */
export async function startLoad(cores?: string): Promise<{ load: Load; ports: Ports }> {
  const upstream = startChild([program, 'serve'], { cores });
  const ports: Ports = JSON.parse(await upstream.line());
  const start = (drive: Drive, extent?: Extent) =>
    startChild([program, 'drive', ...argumentsFor(drive, extent)], { cores });
  return {
    ports,
    load: {
      upstream,
      start,
      drive: async (drive, extent) => {
        const driver = start(drive, extent);
        try {
          return JSON.parse(await driver.line((extent.warmUp + extent.seconds + 25) * 1000));
        } finally {
          await driver.end();
        }
      },
    },
  };
}

function argumentsFor({ figure, port, connections, watch = [] }: Drive, extent?: Extent): string[] {
  const times = extent
    ? ['--warm-up', String(extent.warmUp), '--seconds', String(extent.seconds)]
    : [];
  const watched = watch.flatMap((pid) => ['--watch', String(pid)]);
  const target = ['--port', String(port), '--connections', String(connections)];
  return [figure, ...target, ...times, ...watched];
}
