// Loopback: a connection of this process with itself, to try things on.
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { WarmlineError } from '../../errors.js';
import { fdOf } from '../../sockets/fd.js';

/** One end of it. */
export interface LoopbackEnd {
  /** Borrowed: it is the socket's. */
  readonly fd: number;
  close(): void;
}

/** Opens one, on which nothing is ever sent. Throws WL_ENGINE where this machine can't reach itself. */
export async function openLoopback(): Promise<LoopbackEnd> {
  const server = createServer((far) => far.once('error', () => {}));
  const near = new Socket();
  const ends = [near];
  const close = () => {
    for (const end of ends) end.destroy();
    server.close();
  };
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    near.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
    ends.push(far as Socket);
    return { fd: fdOf(near), close };
  } catch (cause) {
    close();
    throw unreachable(cause as NodeJS.ErrnoException);
  }
}

function unreachable(cause: NodeJS.ErrnoException): WarmlineError {
  const mend =
    cause.code === 'ENETUNREACH'
      ? 'the loopback interface of a new network namespace is down: ip link set lo up'
      : 'is this a sandbox?';
  const what = `127.0.0.1: expected this machine to reach itself, got ${cause.code}; ${mend}`;
  return new WarmlineError('WL_ENGINE', what, { cause });
}
