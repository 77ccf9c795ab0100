// TCP table: the IPv4 connections of this network namespace as the kernel lists them (proc_net_tcp in its sources).
import { readFileSync } from 'node:fs';
import type { Bytes, Port } from '../../src/units.js';
import { until } from './waiting.js';

export interface TcpRow {
  readonly localPort: Port;
  readonly remotePort: Port;
  /** A name of include/net/tcp_states.h, without TCP_. */
  readonly state: string;
  /** Sent and not acknowledged, or not sent yet. */
  readonly sendQueue: Bytes;
  /** Received and not read. */
  readonly receiveQueue: Bytes;
}

const states = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

/** Every IPv4 connection with one end on this port. */
export function tcpRows(port: Port): TcpRow[] {
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
  return lines.map(parse).filter((row) => row.localPort === port || row.remotePort === port);
}

/** Resolves when nobody listens on this port any more. */
export async function listenerGone(port: Port): Promise<void> {
  await until(`end of the listener on port ${port}`, () =>
    tcpRows(port).every(({ state }) => state !== 'LISTEN'),
  );
}

function parse(line: string): TcpRow {
  const [, local = '', remote = '', state = '', queues = ''] = line.trim().split(/\s+/);
  const [sendQueue = '', receiveQueue = ''] = queues.split(':');
  return {
    localPort: portOf(local),
    remotePort: portOf(remote),
    state: states[Number.parseInt(state, 16)] ?? '',
    sendQueue: Number.parseInt(sendQueue, 16),
    receiveQueue: Number.parseInt(receiveQueue, 16),
  };
}

function portOf(address: string): Port {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
