// SocketCalls: what the native side does with one TCP socket that somebody else owns, and with what was read from it.
// A descriptor is borrowed for the length of one call. Its other half is native/addon/socket_calls.cc; a change here is a
// change there.
import type { Bytes, Milliseconds } from '../units.js';
import type { EngineFailure, EngineKeepalive, ProbeResult } from './contract.js';

/** What TCP_INFO says of a connection (tcp(7), linux/tcp.h). It survives the connection's death until the socket is closed. */
export interface RawTcpInfo {
  /** The kernel's number: include/net/tcp_states.h, 1 for ESTABLISHED. */
  readonly state: number;
  /** Keepalive or zero-window probes without an answer. */
  readonly probes: number;
  /** Of the segment in flight, in a row. */
  readonly retransmits: number;
  /** Segments sent again since the connection began. */
  readonly totalRetransmits: number;
  /** Segments in flight; zeroed at death. */
  readonly unacked: number;
  /** Written and not sent yet. */
  readonly notsent: Bytes;
  /** Bytes that one segment takes. */
  readonly sendMss: Bytes;
  /** Bytes that the peer would take. */
  readonly sendWindow: Bytes;
  /** The smoothed round trip time, and its mean deviation; fractions are microseconds. */
  readonly rtt: Milliseconds;
  readonly rttVariance: Milliseconds;
  /** Since the peer was last heard, by data or by an ACK alone. */
  readonly lastAck: Milliseconds;
  /** Since data was last sent, also again. */
  readonly lastSent: Milliseconds;
  /** Since data was last sent or received. */
  readonly payloadIdle: Milliseconds;
  /** Segments sent without data: probes, ACKs on their own, SYN and FIN. */
  readonly emptySegments: number;
  /** Sent and acknowledged, and received, since the connection began. */
  readonly bytesAcked: Bytes;
  readonly bytesReceived: Bytes;
}

export type TcpInfoResult =
  | { readonly ok: true; readonly info: RawTcpInfo }
  | { readonly ok: false; readonly failure: EngineFailure };

/** What `classifyDeath` looks at. */
export type DeathInfo = Pick<
  RawTcpInfo,
  'probes' | 'retransmits' | 'unacked' | 'notsent' | 'sendMss' | 'sendWindow' | 'lastAck'
>;

/** Descriptors are non-negative whole numbers; everything else is checked by the kernel. */
export interface SocketCalls {
  /** Reads all five options. */
  getKeepalive(fd: number): ProbeResult;
  /** Sets all five options, `null` turns keepalive and the user timeout off, and reads them back. */
  setKeepalive(fd: number, keepalive: EngineKeepalive | null): ProbeResult;
  getTcpInfo(fd: number): TcpInfoResult;
  /** The close reason without its leg, such as 'keepaliveTimeout', of a connection that died of `errno` under `keepalive`. */
  classifyDeath(errno: number, info: DeathInfo, keepalive: EngineKeepalive | null): string;
}
