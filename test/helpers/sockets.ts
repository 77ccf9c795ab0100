// Sockets: what the kernel says about another process's connections, asked from outside in two ways: the netlink
// diagnostics behind ss(8), and getsockopt(2) on borrowed descriptors. Uses none of warmline's own code.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { Milliseconds, Port, Seconds } from '../../src/units.js';
import { projectRoot } from './repository.js';
import { systemEnv } from './system.js';

/** The options of one connected socket. */
export interface SocketOptions {
  readonly localPort: Port;
  readonly remotePort: Port;
  readonly enabled: boolean;
  readonly idle: Seconds;
  readonly interval: Seconds;
  readonly count: number;
  readonly userTimeout: Milliseconds;
  readonly noDelay: boolean;
}

/** Seconds, seconds, probes and milliseconds; null is SO_KEEPALIVE off and no user timeout. */
export type HeldKeepalive =
  | readonly [idle: number, interval: number, count: number, userTimeout: number]
  | null;

/** The keepalive that a socket holds; undefined where there is no socket. */
export function heldKeepalive(socket: SocketOptions | undefined): HeldKeepalive | undefined {
  if (!socket) return undefined;
  const { enabled, idle, interval, count, userTimeout } = socket;
  const isOff = !enabled && userTimeout === 0;
  return isOff ? null : [idle, interval, count, userTimeout];
}

/** getsockopt(2) on every connected TCP socket of a process. */
export function borrowSocketOptions(pid: number): SocketOptions[] {
  const script = join(projectRoot, 'test/helpers/socket_options.py');
  return JSON.parse(execFileSync('python3', [script, String(pid)], { encoding: 'utf8' }));
}

/** What is left of the keepalive timer of the one connection that the filter finds; null when it has none. */
export function readKeepaliveTimer(filter: string): Seconds | null {
  // 29sec, 1min30sec, 10min; below ten seconds ss writes 4.996ms for 4.996 s.
  const timer = describeConnection(filter).match(
    /timer:\(keepalive,(?:(\d+)min)?(?:([\d.]+)(ms|sec))?,/,
  );
  if (!timer) return null;
  const [, minutes = '0', rest = '0', unit] = timer;
  const isBelowOneSecond = unit === 'ms' && !rest.includes('.');
  return Number(minutes) * 60 + Number(rest) / (isBelowOneSecond ? 1000 : 1);
}

/** Resolves when so many segments without payload have left on an otherwise silent connection; fails on payload. */
export async function probesFlowed(filter: string, count: number): Promise<void> {
  const before = readSegments(filter);
  const deadline = Date.now() + 15_000;
  for (;;) {
    const now = readSegments(filter);
    if (now.payload !== before.payload) throw new Error(`payload flowed on ${filter}`);
    if (now.all - before.all >= count) return;
    if (Date.now() > deadline) throw new Error(`no ${count} probes within 15 s on ${filter}`);
    await after(100);
  }
}

/** Segments sent since the connection began. */
function readSegments(filter: string): { all: number; payload: number } {
  const connection = describeConnection(filter);
  return {
    all: Number(connection.match(/ segs_out:(\d+)/)?.[1] ?? 0),
    payload: Number(connection.match(/ data_segs_out:(\d+)/)?.[1] ?? 0),
  };
}

function describeConnection(filter: string): string {
  const args = ['-HtonieO', 'state', 'established', filter];
  const found = execFileSync('ss', args, { encoding: 'utf8', env: systemEnv }).trim().split('\n');
  if (found.length !== 1) throw new Error(`expected one connection, got:\n${found.join('\n')}`);
  return found[0] ?? '';
}
