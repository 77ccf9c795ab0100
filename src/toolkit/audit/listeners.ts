// Listeners: what a connection inherits that is accepted there, and what those have that were (docs/keepalive.md): many
// programs set keepalive after accept(2), so a listener alone proves nothing. Pure.
import { findLoss } from '../../keepalive/lint.js';
import { isWildcard } from './address.js';
import type { Box } from './box.js';
import { type Judgement, judgeBox, unread } from './judge.js';
import { canIdle, type TcpSocket } from './sockets.js';

/** How many of the connections that were accepted there have keepalive now. */
export interface Accepted {
  readonly on: number;
  readonly off: number;
  readonly unknown: number;
}

/** Counts the connections that can idle and were accepted by the listener. */
export function countAccepted(listener: TcpSocket, connections: readonly TcpSocket[]): Accepted {
  const counts = { on: 0, off: 0, unknown: 0 };
  for (const connection of connections) {
    if (canIdle(connection) && accepts(listener, connection)) {
      counts[connection.keepalive] += 1;
    }
  }
  return counts;
}

/** Whether a connection to this listener would look like that. */
export function accepts(listener: TcpSocket, connection: TcpSocket): boolean {
  if (listener.port !== connection.port || isIpv6(listener) !== isIpv6(connection)) return false;
  return isWildcard(listener.host) || listener.host === connection.host;
}

/** What an IPv6 listener accepts is an IPv6 socket, also when the peer's address is an IPv4 one. */
function isIpv6({ host }: TcpSocket): boolean {
  return host.includes(':');
}

/** Judges what will be accepted; what has been is the better witness. */
export function judgeListener(
  listener: TcpSocket,
  accepted: Accepted,
  box: Box | undefined,
): Judgement {
  const hopeless = judgeBox(box);
  if (hopeless !== undefined) return hopeless;
  const why = describe(listener, accepted);
  if (accepted.off > 0) return { verdict: 'lost', code: 'keepaliveOff', why };
  if (listener.values === null) return byWitness(accepted, `${unread(listener)}; ${why}`);
  if (listener.keepalive === 'off') {
    if (accepted.on > 0) return { verdict: 'fine', code: null, why };
    return { verdict: 'unknown', code: 'keepaliveOff', why: `${why}; ${unlessSet}` };
  }
  const loss = box === undefined ? undefined : findLoss(listener.values, box);
  // What was accepted may have been given other times since, and is judged by itself.
  if (loss === undefined || accepted.on > 0) return { verdict: 'fine', code: null, why };
  return { verdict: 'lost', code: loss.code, why: loss.message };
}

const unlessSet = 'they will lack keepalive unless the program sets it after accept()';

function byWitness({ on }: Accepted, why: string): Judgement {
  return on > 0 ? { verdict: 'fine', code: null, why } : { verdict: 'unknown', code: null, why };
}

/** "inherits none; accepted ones now: 3 with, 0 without". */
function describe(listener: TcpSocket, { on, off, unknown }: Accepted): string {
  const inherits = { on: 'inherits keepalive', off: 'inherits none', unknown: 'unread' };
  const rest = unknown === 0 ? '' : `, ${unknown} unknown`;
  const now =
    on + off + unknown === 0
      ? 'none accepted now'
      : `accepted ones now: ${on} with, ${off} without${rest}`;
  return `${inherits[listener.keepalive]}; ${now}`;
}
