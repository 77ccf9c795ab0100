// QuietConnection: one TCP connection that says nothing, takes whatever it is told, and notes how it ends.
import { connect, type Socket } from 'node:net';
import type { Clock, Timers } from '../../clock.js';
import type { TcpAddress } from '../../config/address.js';
import type { EngineKeepalive } from '../../engine/contract.js';
import type { SocketCalls } from '../../engine/socket_calls.js';
import { fdOf } from '../../sockets/fd.js';
import { getTcpInfoOrThrow, setKeepaliveOrThrow, type TcpInfo } from '../../sockets/tcp_socket.js';
import type { Milliseconds } from '../../units.js';

/** What a connection is made of, and handed. */
export interface Means {
  readonly calls: Pick<SocketCalls, 'setKeepalive' | 'getTcpInfo'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** How a connection ended: with the far end's FIN, or with an error such as ECONNRESET. */
export interface Ending {
  readonly code: string;
  /** Since anything but a farewell had been heard, and since the connection was opened. */
  readonly silence: Milliseconds;
  readonly age: Milliseconds;
}

/** The code of an ending by FIN. */
export const fin = 'FIN';

/** For a connection to be opened. */
const openLimit: Milliseconds = 10_000;

/** What is said so soon before the end belongs to it: "421 timeout exceeded", "408 Request Timeout". */
const farewell: Milliseconds = 1000;

export type Opened =
  | { readonly ok: true; readonly connection: QuietConnection }
  | { readonly ok: false; readonly why: string };

/** Opens a connection to a numeric address; never rejects. It is given up after a while, or when the signal is aborted. */
export function openQuietly(
  means: Means,
  address: TcpAddress,
  signal: AbortSignal,
): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, noDelay: true });
    const stopWaiting = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
    const refuse = (why: string) => {
      stopWaiting();
      socket.destroy();
      resolve({ ok: false, why });
    };
    const onAbort = () => refuse('ECANCELED');
    const cancel = means.timers.after(openLimit, () => refuse('ETIMEDOUT'));
    const onError = ({ code = 'unknown' }: NodeJS.ErrnoException) => refuse(code);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    socket.once('error', onError);
    socket.once('connect', () => {
      stopWaiting();
      socket.off('error', onError);
      resolve({ ok: true, connection: new QuietConnection(means, socket) });
    });
  });
}

export class QuietConnection {
  readonly #means: Means;
  readonly #socket: Socket;
  readonly #opened: Milliseconds;
  #heard: Milliseconds;
  /** Before the words that #heard belongs to began. */
  #heardBefore: Milliseconds;
  #ending: Ending | undefined;
  #wake = () => {};

  /** Takes ownership of a socket that has just been connected. */
  constructor(means: Means, socket: Socket) {
    this.#means = means;
    this.#socket = socket;
    // The kernel knows for how long it has been open already; a busy process learns of it late.
    const { lastAck } = getTcpInfoOrThrow(means.calls, fdOf(socket));
    this.#opened = means.clock.now() - lastAck;
    this.#heard = this.#opened;
    this.#heardBefore = this.#opened;
    socket.on('data', () => this.#hear(means.clock.now()));
    socket.on('end', () => this.#end(fin));
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => this.#end(code));
  }

  /** How it ended from the other side; undefined while it is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  get age(): Milliseconds {
    return this.#means.clock.now() - this.#opened;
  }

  /** TCP_INFO; undefined when the connection has ended, or the kernel knows that it has. */
  info(): TcpInfo | undefined {
    if (this.#ending || this.#socket.destroyed) return undefined;
    const info = getTcpInfoOrThrow(this.#means.calls, fdOf(this.#socket));
    return info.state === 'established' ? info : undefined;
  }

  /** Hands TCP_INFO over every so long, while there is any, until the function that it returns is called. */
  lookEvery(period: Milliseconds, look: (info: TcpInfo) => void): () => void {
    let cancel = () => {};
    const wait = () => {
      cancel = this.#means.timers.after(period, () => {
        wait();
        const info = this.info();
        if (info) look(info);
      });
    };
    wait();
    return () => cancel();
  }

  setKeepalive(keepalive: EngineKeepalive): void {
    setKeepaliveOrThrow(this.#means.calls, fdOf(this.#socket), keepalive);
  }

  /** Resolves after so long, or sooner when the connection ends or the signal is aborted. */
  pause(duration: Milliseconds, signal: AbortSignal): Promise<void> {
    if (this.#ending || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.#means.timers.after(duration, wake);
      this.#wake = wake;
      signal.addEventListener('abort', wake);
    });
  }

  /** Closes it with a FIN, if there is anything left to close. */
  close(): void {
    this.#socket.destroy();
  }

  #hear(now: Milliseconds): void {
    if (now - this.#heard > farewell) this.#heardBefore = this.#heard;
    this.#heard = now;
  }

  #end(code: string): void {
    const now = this.#means.clock.now();
    const heard = now - this.#heard > farewell ? this.#heard : this.#heardBefore;
    this.#ending ??= { code, silence: now - heard, age: now - this.#opened };
    this.#wake();
  }
}
