// Connection: one end of a connection under a test's hand. Reads nothing before it is told to, and sends a FIN only
// when it is told to.
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { guardFds } from './fds.js';
import { nextEvent, within } from './waiting.js';

/** How the other side ended: 'fin', or the code of an error such as 'ECONNRESET'. */
export type Ending = string;

export class Connection {
  readonly socket: Socket;
  readonly #ending: Promise<Ending>;

  /** Takes ownership of the socket. */
  constructor(t: ExecutionContext, socket: Socket) {
    this.socket = socket.pause();
    this.#ending = new Promise((resolve) => {
      socket.on('end', () => resolve('fin'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.on('close', () => resolve('closed here'));
    });
    t.teardown(() => void socket.destroy());
  }

  /** Exactly so many bytes. */
  async read(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let missing = count;
    const collected = new Promise<void>((resolve) => {
      const take = (chunk: Buffer) => {
        const wanted = chunk.subarray(0, missing);
        chunks.push(wanted);
        missing -= wanted.length;
        if (missing > 0) return;
        this.socket.off('data', take).pause();
        if (wanted.length < chunk.length) this.socket.unshift(chunk.subarray(wanted.length));
        resolve();
      };
      if (missing === 0) resolve();
      else this.socket.on('data', take).resume();
    });
    const cut = this.#ending.then((ending) => {
      throw new Error(
        `the connection ended (${ending}) after ${count - missing} of ${count} bytes`,
      );
    });
    cut.catch(() => {});
    await within(`${count} bytes`, Promise.race([collected, cut]));
    return Buffer.concat(chunks);
  }

  /** Reads on and hands each chunk to `take`, to the end. */
  async readAll(take: (chunk: Buffer) => void = () => {}): Promise<Ending> {
    this.socket.on('data', take).resume();
    return await this.ending();
  }

  /** How it ends; 'fin' only once everything before it was read. */
  ending(): Promise<Ending> {
    return within('end of the connection', this.#ending, 60_000);
  }

  /** Resolves when the kernel has taken it all. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends a FIN and goes on reading. */
  finish(): void {
    this.socket.end();
  }

  /** Sends an RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Whether it still stands, both ways or one. */
  get isOpen(): boolean {
    return !this.socket.destroyed;
  }
}

/** Connects to a port of 127.0.0.1, to another host or to a path. */
export async function connectTo(t: ExecutionContext, to: Destination): Promise<Connection> {
  const connection = startConnecting(t, to);
  await nextEvent(connection.socket, 'connect');
  return connection;
}

export type Destination = number | NetConnectOpts;

/** The same without waiting: for a connection that may be reset before it is seen to stand. */
export function startConnecting(t: ExecutionContext, to: Destination): Connection {
  guardFds(t);
  const where = typeof to === 'number' ? { host: '127.0.0.1', port: to } : to;
  return new Connection(t, connect({ ...where, allowHalfOpen: true, noDelay: true }));
}
