// Silence: for how long nothing has come from the far end of a connection on which nothing is sent. A keepalive probe of the
// far end, or a SYN that it sends again, is traffic to the path, and TCP_INFO does not tell it, for nothing in it is new. The
// answer gives it away: a segment without data that our kernel sends. Pure.
import type { TcpInfo } from '../../sockets/tcp_socket.js';
import type { Milliseconds } from '../../units.js';

/** What was heard less long ago may still have to be acknowledged, and that is no such answer. */
const acknowledged: Milliseconds = 500;

export class Silence {
  #received = 0;
  #sent: number | undefined;
  #broken: Milliseconds | undefined;
  #breaks = 0;

  /** How often it was broken so. */
  get breaks(): number {
    return this.#breaks;
  }

  /** Takes what TCP_INFO says of a connection of this age, and returns how long it has been silent at least. */
  look(
    info: Pick<TcpInfo, 'lastAck' | 'bytesReceived' | 'emptySegments'>,
    age: Milliseconds,
  ): Milliseconds {
    const { lastAck, bytesReceived, emptySegments } = info;
    const hasAnswered = this.#sent !== undefined && emptySegments > this.#sent;
    if (hasAnswered && bytesReceived === this.#received) {
      this.#breaks += 1;
      this.#broken = age;
    }
    this.#received = bytesReceived;
    this.#sent = lastAck < acknowledged ? undefined : emptySegments;
    return this.#broken === undefined ? lastAck : Math.min(lastAck, age - this.#broken);
  }
}
