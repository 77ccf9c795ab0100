// Index: what `import … from 'warmline'` gives. docs/toolkit/library.md explains it. An import opens nothing and needs no
// native build; the first call does.
export type { EffectiveKeepalive } from './engine/contract.js';
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
export type { UndiciConnect, UndiciOrigin } from './library/undici.js';
export type { KeepaliveOptions, KeepaliveWish } from './library/wish.js';
export type { TcpSocket } from './sockets/fd.js';
export type { TcpInfo, TcpState } from './sockets/tcp_socket.js';
