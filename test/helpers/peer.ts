// Peer: a TCP client or server in a process of its own, so that it can live in a network namespace.
// As a module it starts one; as a program it is one, moved by lines on stdin and telling by lines on stdout.
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Milliseconds, Port } from '../../src/units.js';
import type { Namespace } from './netns.js';
import { type Program, startProgram } from './program.js';
import { systemEnv } from './system.js';

/** What a peer tells: `data` carries the bytes received so far, `error` the code. */
export interface PeerEvent {
  readonly event: 'listening' | 'connected' | 'data' | 'end' | 'error' | 'close';
  readonly at: Milliseconds;
  readonly value?: number | string;
}

/** A peer under the test's hand. A listening peer serves one connection at a time. */
export class Peer {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** The first such event, past or future; with `value`, the first that has reached it. */
  next(event: PeerEvent['event'], value?: number): Promise<PeerEvent> {
    return this.#program.until(event, (line) => {
      const told: PeerEvent = JSON.parse(line);
      const reached = value === undefined || Number(told.value) >= value;
      return told.event === event && reached ? told : undefined;
    });
  }

  /** Everything that it has told so far. */
  get told(): PeerEvent[] {
    return this.#program.output.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
  }

  /** Sends so many bytes. */
  send(bytes: number): void {
    this.#program.write(`send ${bytes}\n`);
  }

  /** Stops reading, so that its window closes, or goes on. */
  read(on: boolean): void {
    this.#program.write(on ? 'resume\n' : 'pause\n');
  }

  /** Sends a FIN and goes on reading. */
  end(): void {
    this.#program.write('end\n');
  }

  /** Sends an RST. */
  reset(): void {
    this.#program.write('reset\n');
  }

  /** Ends the process without a chance to say anything. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }
}

const script = fileURLToPath(import.meta.url);

interface Destination {
  readonly host: string;
  readonly port: Port;
}

/** A server in a namespace; resolves when it listens, with its port. */
export async function listenIn(
  t: ExecutionContext,
  namespace: Namespace,
  host: string,
): Promise<{ peer: Peer; port: Port }> {
  const peer = startPeer(t, namespace, 'listen', host);
  const { value } = await peer.next('listening');
  return { peer, port: Number(value) };
}

/** A client in a namespace; resolves when it is connected. */
export async function connectIn(
  t: ExecutionContext,
  namespace: Namespace,
  to: Destination,
): Promise<Peer> {
  const peer = dialIn(t, namespace, to);
  await peer.next('connected');
  return peer;
}

/** A client in a namespace, whether it gets through or not. */
export function dialIn(t: ExecutionContext, namespace: Namespace, to: Destination): Peer {
  return startPeer(t, namespace, 'connect', to.host, String(to.port));
}

function startPeer(t: ExecutionContext, namespace: Namespace, ...args: string[]): Peer {
  const commandLine = namespace.enter(process.execPath, script, ...args);
  return new Peer(startProgram(t, commandLine, { env: systemEnv }));
}

function tell(event: PeerEvent['event'], value?: number | string): void {
  console.log(JSON.stringify({ event, at: Date.now(), value }));
}

function serveStdin(socket: Socket): void {
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
    tell('data', received);
  });
  socket.on('end', () => tell('end'));
  socket.on('error', (error: NodeJS.ErrnoException) => tell('error', error.code));
  socket.on('close', () => tell('close'));
  createInterface(process.stdin).on('line', (line) => {
    const [verb, count] = line.split(' ');
    if (verb === 'send') socket.write(Buffer.alloc(Number(count), 'w'));
    if (verb === 'pause') socket.pause();
    if (verb === 'resume') socket.resume();
    if (verb === 'end') socket.end();
    if (verb === 'reset') socket.resetAndDestroy();
  });
}

function main([verb, host, port]: string[]): void {
  if (verb === 'listen') {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      tell('connected');
      serveStdin(socket);
    });
    server.listen(0, host, () => tell('listening', (server.address() as { port: Port }).port));
  } else {
    const to = { host: host ?? '', port: Number(port), allowHalfOpen: true };
    const socket = connect(to, () => tell('connected'));
    serveStdin(socket);
  }
}

if (process.argv[1] === script) main(process.argv.slice(2));
