// Liveness: what the kernel proves about the peer of a socket that is open, from one look. The relay looks again and again
// and can wait whether an answer comes (native/relay/liveness.h); here, how long it is overdue must do. Pure.
import type { EffectiveKeepalive } from '../engine/contract.js';
import type { TcpInfo } from '../sockets/tcp_socket.js';
import type { Milliseconds } from '../units.js';

/** How long an answer may be on its way without any suspicion. */
const grace: Milliseconds = 1000;

/** suspect: one probe or retransmission has gone unanswered for a second, or several have. */
export function judgeLiveness(info: TcpInfo, keepalive: EffectiveKeepalive): 'proven' | 'suspect' {
  const isSuspect = info.probes > 1 || info.retransmits > 1 || isOverdue(info, keepalive);
  return isSuspect ? 'suspect' : 'proven';
}

/** Probes of a closed window double their pause, so nothing follows from how long ago the peer was heard. */
function isOverdue(info: TcpInfo, { idle, interval }: EffectiveKeepalive): boolean {
  if (info.retransmits > 0) return info.lastSent >= grace;
  if (info.probes === 0 || info.notsent > 0) return false;
  return info.lastAck >= Math.max(idle, interval) * 1000 + grace;
}
