// Events: what the native engine tells TypeScript. Its other half is native/addon/events_to_js.cc; a change here is a change
// there.
import type { Bytes, Milliseconds } from '../units.js';
import type { EffectiveKeepalive, EngineKeepalive, LegName } from './contract.js';

/** What the kernel knew of the leg that failed: TCP_INFO, read before the socket was closed. */
export interface Evidence {
  /** Keepalive or zero-window probes without an answer. */
  readonly probes: number;
  /** Of the segment in flight, in a row. */
  readonly retransmits: number;
  /** Still to be sent. */
  readonly notsent: Bytes;
  /** Since the peer was last heard: every segment carries an ACK. */
  readonly lastAck: Milliseconds;
}

export interface SessionClosedEvent {
  readonly type: 'sessionClosed';
  /** Unique for the life of the engine. */
  readonly session: number;
  readonly route: string;
  /** A name of codes.ts' closeReasons. */
  readonly reason: string;
  /** The errno behind the reason, 0 when there was none. */
  readonly errno: number;
  /** The system call behind the reason, '' when there was none. */
  readonly syscall: string;
  /** null: no leg failed, or the one that did is a unix socket. */
  readonly evidence: Evidence | null;
  /** Accept to close. */
  readonly duration: Milliseconds;
  /** The client's address as the listener saw it. */
  readonly client: string;
  /** The endpoint that was connected or tried last, '' before the first try. */
  readonly upstream: string;
  /** Payload delivered to the receiving kernel. */
  readonly bytesToUpstream: Bytes;
  readonly bytesToClient: Bytes;
  /** The route's when the session ended. */
  readonly clientKeepalive: EngineKeepalive | null;
  readonly upstreamKeepalive: EngineKeepalive | null;
}

export interface DialFailedEvent {
  readonly type: 'dialFailed';
  readonly session: number;
  readonly route: string;
  readonly endpoint: string;
  /** dialRefused, dialTimeout, dialUnreachable, dialFdLimit or dialFailed. */
  readonly reason: string;
  readonly errno: number;
  readonly syscall: string;
  /** Another endpoint is tried next. */
  readonly willRetry: boolean;
}

/** Accepting stopped for want of file descriptors or memory, and went on later. */
export interface AcceptPausedEvent {
  readonly type: 'acceptPaused';
  readonly route: string;
  readonly errno: number;
  readonly syscall: string;
}
export interface AcceptResumedEvent {
  readonly type: 'acceptResumed';
  readonly route: string;
  readonly pausedFor: Milliseconds;
}

/** The first session of a route on a worker was read back, and the kernel holds what was asked. */
export interface KeepaliveVerifiedEvent {
  readonly type: 'keepaliveVerified';
  readonly session: number;
  readonly route: string;
  readonly worker: number;
  /** null: a unix socket, where keepalive does not apply. */
  readonly client: EffectiveKeepalive | null;
  readonly upstream: EffectiveKeepalive | null;
}

/** What the kernel proves about a leg's peer. */
export interface Liveness {
  /** suspect: a probe or a retransmission has gone unanswered; see native/relay/liveness.h. */
  readonly state: 'proven' | 'suspect';
  /** Path proven: since the peer was last heard, be it by an ACK alone. */
  readonly lastAck: Milliseconds;
  /** Payload idle: since data was last sent to it or received from it. */
  readonly payloadIdle: Milliseconds;
  /** Without an answer. */
  readonly probes: number;
  readonly retransmits: number;
}

/** A leg has become suspect, or is proven again. */
export interface LivenessChangedEvent extends Liveness {
  readonly type: 'livenessChanged';
  readonly session: number;
  readonly route: string;
  readonly leg: LegName;
  readonly client: string;
  readonly upstream: string;
}

/** How the live sessions of a route took its keepalive. */
export interface RouteRetuning {
  readonly route: string;
  /** Set on at least one leg and read back. */
  readonly retuned: number;
  /** Held it already. */
  readonly unchanged: number;
  /** The kernel refused it, or holds something else. */
  readonly failed: number;
}

/** The answer to `retune`: every route of the plan, sessions of unix sockets alone being unchanged. */
export interface RetuningEvent {
  readonly type: 'retuning';
  readonly request: number;
  readonly routes: readonly RouteRetuning[];
}

/** Accepting has stopped and no session is left. */
export interface DrainedEvent {
  readonly type: 'drained';
}

/** The answer to `inspect`. */
export interface InspectionEvent {
  readonly type: 'inspection';
  readonly request: number;
  readonly sessions: readonly SessionInfo[];
}

/** Events that were dropped because the queue was full, since the last batch. */
export interface DroppedEvent {
  readonly type: 'dropped';
  readonly count: number;
}

export type EngineEvent =
  | SessionClosedEvent
  | DialFailedEvent
  | AcceptPausedEvent
  | AcceptResumedEvent
  | KeepaliveVerifiedEvent
  | LivenessChangedEvent
  | RetuningEvent
  | DrainedEvent
  | InspectionEvent
  | DroppedEvent;

/** A live session, read on demand; the keepalives are read back from its sockets there and then. */
export interface SessionInfo {
  readonly session: number;
  readonly route: string;
  readonly worker: number;
  readonly state: 'dialing' | 'relaying' | 'finishing' | 'aborting';
  readonly age: Milliseconds;
  readonly client: string;
  readonly upstream: string;
  readonly bytesToUpstream: Bytes;
  readonly bytesToClient: Bytes;
  /** null: a unix socket, or no connection yet. */
  readonly clientKeepalive: EffectiveKeepalive | null;
  readonly upstreamKeepalive: EffectiveKeepalive | null;
  /** null likewise. */
  readonly clientLiveness: LegLiveness | null;
  readonly upstreamLiveness: LegLiveness | null;
}

export interface LegLiveness extends Liveness {
  /** Sent without data: what probing costs, besides ACKs on their own, SYN and FIN. */
  readonly emptySegments: number;
}
