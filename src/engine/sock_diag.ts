// Sock diag: what the addon tells of TCP sockets that belong to others. Nothing of it touches the engine.
// Its other half is native/addon/sock_diag_to_js.cc; a change here is a change there.
import type { Milliseconds } from '../units.js';
import type { EngineFailure, ProbeResult } from './contract.js';

/** A TCP socket as the kernel lists it: struct inet_diag_msg, and of tcp_info what tells how long it is idle. */
export interface DiagSocket {
  /** '127.0.0.1:80', '[::1]:80' or, on a socket for both, '[::ffff:127.0.0.1]:80'. */
  readonly local: string;
  readonly peer: string;
  /** A number of include/net/tcp_states.h, 10 being LISTEN. */
  readonly state: number;
  /** 0 none, 1 retransmission, 2 keepalive, 3 TIME_WAIT, 4 window probe. */
  readonly timer: number;
  /** Of that timer, without an answer. */
  readonly tries: number;
  /** Until that timer fires. */
  readonly expires: Milliseconds;
  readonly uid: number;
  /** 0: no process has the socket any more. */
  readonly inode: number;
  /** Since any segment arrived; null in a state that keeps no such record. */
  readonly lastHeard: Milliseconds | null;
  /** Since data was last sent or received; null likewise. */
  readonly payloadIdle: Milliseconds | null;
}

export type DumpResult =
  | {
      readonly ok: true;
      readonly sockets: readonly DiagSocket[];
      /** false: there were more than the limit, or the list changed too fast to be read whole. */
      readonly complete: boolean;
    }
  | { readonly ok: false; readonly failure: EngineFailure };

export interface DumpQuestion {
  /** '/proc/1/ns/net', which needs CAP_SYS_ADMIN, or '' for our own, which needs nothing. */
  readonly networkNamespace: string;
  /** Sockets at most, up to 4294967295. */
  readonly limit: number;
}

export interface KeepaliveQuestion {
  readonly pid: number;
  /** Descriptors of the process, and the sockets that they must still be. */
  readonly sockets: readonly { readonly fd: number; readonly inode: number }[];
}

/** What the addon asks the kernel about sockets of others. */
export interface SocketDiagnosis {
  /** Lists the TCP sockets of a network namespace. */
  dumpTcpSockets(question: DumpQuestion): DumpResult;
  /**
   * Reads the keepalive of another process's sockets, one answer each, in order (pidfd_getfd(2)). Needs the right to
   * ptrace it; ESTALE when the descriptor means something else by now.
   */
  readKeepaliveOf(question: KeepaliveQuestion): readonly ProbeResult[];
}
