// Sockets: what the kernel says about another process's connections, asked from outside in two ways: the netlink
// diagnostics behind ss(8), and getsockopt(2) on borrowed descriptors. Uses none of warmline's own code.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Milliseconds, Port, Seconds } from '../../src/units.js';
import { projectRoot } from './repository.js';

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

/** getsockopt(2) on every connected TCP socket of a process. */
export function borrowSocketOptions(pid: number): SocketOptions[] {
  const script = join(projectRoot, 'test/helpers/socket_options.py');
  return JSON.parse(execFileSync('python3', [script, String(pid)], { encoding: 'utf8' }));
}

/** The seconds until the keepalive timer of the one established socket that ss(8) finds; null when it has none. */
export function readKeepaliveTimer(filter: string): Seconds | null {
  const args = ['-Htno', 'state', 'established', filter];
  const lines = execFileSync('ss', args, { encoding: 'utf8' }).trim().split('\n');
  if (lines.length !== 1) throw new Error(`expected one socket, got:\n${lines.join('\n')}`);
  const timer = lines[0]?.match(/timer:\(keepalive,(?:(\d+)min)?([\d.]+(?:sec|ms))?,/);
  if (!timer) return null;
  const [, minutes = '0', rest = '0sec'] = timer;
  return Number(minutes) * 60 + (rest.endsWith('ms') ? 0 : Number.parseFloat(rest));
}
