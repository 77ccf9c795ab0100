// Index: what `import … from 'warmline'` gives. docs/toolkit/library.md explains it. An import opens nothing and needs no
// native build; the first call does.
export { ConfigInvalidError, type Problem } from './config/problems.js';
export { type CloseReason, closeReasons } from './engine/codes.js';
export type {
  EffectiveKeepalive,
  EngineStats,
  LegName,
  LegStats,
  OpenListener,
  RouteStats,
} from './engine/contract.js';
export type { LegLiveness, Liveness, RouteRetuning, SessionInfo } from './engine/events.js';
export { type ErrorCode, errorCodes, WarmlineError } from './errors.js';
export type { PresetName } from './keepalive/presets.js';
export { type KeepaliveAgent, keepaliveAgent } from './library/agent.js';
export {
  type DeadSocket,
  type Diagnosis,
  diagnose,
  type LivingSocket,
  type SocketEvidence,
  watch,
} from './library/diagnose.js';
export { getKeepalive, getTcpInfo, setKeepalive } from './library/keepalive.js';
export { type DeathReason, deathReasons } from './library/post_mortem.js';
export {
  createRelay,
  type Relay,
  type RelayConfig,
  type RelayOptions,
  type RelayRetuned,
} from './library/relay.js';
export type {
  AcceptPaused,
  DialFailed,
  RelayEvents,
  SessionClosed,
} from './library/relay_events.js';
export type { UndiciConnect, UndiciOrigin } from './library/undici.js';
export type { KeepaliveOptions, KeepaliveWish } from './library/wish.js';
export type { RestartNeed } from './routes/diff.js';
export type { TcpSocket } from './sockets/fd.js';
export type { TcpInfo, TcpState } from './sockets/tcp_socket.js';
