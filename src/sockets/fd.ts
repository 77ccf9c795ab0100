// Fd: the descriptor behind a socket of node:net, which Node itself does not tell. Never keeps one: a socket that is closed
// gives its number to the next.
import { Socket } from 'node:net';
import { WarmlineError } from '../errors.js';

/** A connected socket of node:net, node:tls or an agent of node:http, or the descriptor of any connected TCP socket. */
export type TcpSocket = Socket | number;

/**
 * The descriptor of a connected socket. Throws WL_SOCKET for one that is not connected yet, is closed, or has none. Whether
 * it is TCP is left to the kernel.
 */
export function fdOf(socket: TcpSocket): number {
  if (typeof socket === 'number') return isDescriptor(socket) ? socket : refuse(String(socket));
  if (isClosed(socket)) return refuse('one that is closed');
  if (!(socket instanceof Socket)) return refuse('something else');
  // A name can have several addresses, and Node tries each with a descriptor of its own.
  if (socket.connecting) return refuse("one that is connecting; wait for its 'connect' event");
  const fd = fdUntilClosed(socket);
  if (fd === undefined) return refuse('one that was never connected');
  return isDescriptor(fd) ? fd : refuse('one without a descriptor, such as TLS over a stream');
}

/** Whether it is a socket of Node that is closed. Anything may be asked about. */
export function isClosed(socket: unknown): boolean {
  try {
    return socket instanceof Socket && socket.destroyed;
  } catch {
    // The socket of an HTTP/2 session that has ended: a proxy with nothing behind it, which throws whatever it is asked.
    return true;
  }
}

/** The descriptor also of a socket that is about to be closed, -1 for none; undefined when there is nothing behind it. */
export function fdUntilClosed(socket: Socket): number | undefined {
  return handleOf(socket)?.fd;
}

/** The name of Node's function that is called with what is read from a socket until it is closed; '' for none. */
export function readerOf(socket: Socket): string {
  return handleOf(socket)?.onread?.name ?? '';
}

interface Handle {
  readonly fd?: number;
  readonly onread?: { readonly name: string };
}

/** libuv's, which every socket has while it is open: undocumented, and in every Node version. */
function handleOf(socket: Socket): Handle | null | undefined {
  return (socket as unknown as { readonly _handle?: Handle | null })._handle;
}

/** What fits in the int that the kernel takes. */
function isDescriptor(fd: number): boolean {
  return Number.isInteger(fd) && fd >= 0 && fd <= 0x7fff_ffff;
}

function refuse(got: string): never {
  throw new WarmlineError(
    'WL_SOCKET',
    `expected a connected TCP socket or its descriptor, got ${got}`,
  );
}
