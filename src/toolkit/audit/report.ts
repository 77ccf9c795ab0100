// Report: what an audit tells, the same for people and as JSON: docs/toolkit/audit.md has every key.
import type { LintCode } from '../../keepalive/lint.js';
import type { Keepalive } from '../../keepalive/policy.js';
import type { PresetName } from '../../keepalive/presets.js';
import type { TcpState } from '../../sockets/tcp_socket.js';
import type { Milliseconds, Port, Seconds } from '../../units.js';
import type { Judgement } from './judge.js';
import type { Accepted } from './listeners.js';
import type { ProgramReport } from './programs.js';
import type { TcpSocket, Unread } from './sockets.js';
import type { Role } from './software.js';

/** A process that has a socket. */
export interface ProcessName {
  readonly pid: number;
  readonly name: string;
}

/** What is told of connections and listeners alike. */
interface AuditedSocket {
  readonly local: string;
  readonly state: TcpState;
  readonly loopback: boolean;
  readonly uid: number;
  readonly inode: number;
  readonly processes: readonly ProcessName[];
  /** The container of the first of them. */
  readonly container: string | null;
  readonly keepalive: TcpSocket['keepalive'];
  readonly values: Keepalive | null;
  readonly unread: Unread | null;
  readonly verdict: Judgement['verdict'];
  readonly code: LintCode | null;
  readonly why: string;
}

export interface AuditedConnection extends AuditedSocket {
  readonly peer: string;
  readonly role: Role;
  readonly timerLeft: Milliseconds | null;
  readonly probes: number;
  readonly payloadIdle: Milliseconds | null;
  readonly lastHeard: Milliseconds | null;
}

export interface AuditedListener extends AuditedSocket {
  readonly port: Port;
  readonly accepted: Accepted;
}

export interface Summary {
  /** Connections that were judged, those that stay on this machine included only when they are listed. */
  readonly connections: number;
  readonly on: number;
  readonly off: number;
  readonly unknown: number;
  readonly lost: number;
  readonly undecided: number;
  readonly listeners: number;
  readonly lostListeners: number;
  /** Connections and listeners that stay on this machine and were left out. */
  readonly leftOut: number;
  /** Sockets listed here whose process could not be found or looked into. */
  readonly unattributed: number;
  /** Processes that may not be looked into; null: /proc shows none of others. */
  readonly hiddenProcesses: number | null;
  /** Processes in other network namespaces than the one that was listed: their sockets are not among these. */
  readonly otherNamespaces: number;
  /** The kernel's list was read whole. */
  readonly complete: boolean;
}

export interface AuditReport {
  /** What was judged against; null: nothing but whether keepalive is on. */
  readonly box: { readonly preset: PresetName | null; readonly natTimeout: Seconds } | null;
  /** What every connection should have. */
  readonly recommended: Keepalive;
  readonly connections: readonly AuditedConnection[];
  readonly listeners: readonly AuditedListener[];
  readonly programs: readonly ProgramReport[];
  readonly summary: Summary;
}
