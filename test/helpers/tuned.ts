// Tuned: the real program with a file that a test changes under it, told so by SIGHUP, and what the sockets of its
// sessions then hold, asked from outside.
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { type Connection, connectTo } from './connection.js';
import type { Program } from './program.js';
import { startUpstream, type Upstream } from './server.js';
import { borrowSocketOptions, type HeldKeepalive, heldKeepalive } from './sockets.js';
import { temporaryFolder } from './temporary.js';
import { startRun, Warmline, type Wrap, writeConfig } from './warmline.js';

/** The program with a file that a test changes under it. */
export class Tuned extends Warmline {
  readonly file: string;
  #hangups = 0;

  /** Runs it on this YAML; `wrap` starts it through another program. */
  constructor(t: ExecutionContext, yaml: string, wrap?: Wrap) {
    const file = join(temporaryFolder(t), 'warmline.yaml');
    writeConfig(file, yaml);
    super(startRun(t, [file], wrap));
    this.file = file;
  }

  write(yaml: string): void {
    writeConfig(this.file, yaml);
  }

  /** Changes the file and sends SIGHUP; resolves with what it says of it. */
  async retune(yaml: string): Promise<string> {
    this.write(yaml);
    return await this.hangUp();
  }

  async hangUp(): Promise<string> {
    this.#hangups += 1;
    process.kill(this.pid, 'SIGHUP');
    return await saidOfHangup(this.program, this.#hangups);
  }

  /** What every client leg of a listener holds. */
  held(listenPort: Port): (HeldKeepalive | undefined)[] {
    const sockets = borrowSocketOptions(this.pid);
    return sockets.filter(({ localPort }) => localPort === listenPort).map(heldKeepalive);
  }

  /** What every upstream leg to a port holds. */
  heldTo(upstreamPort: Port): (HeldKeepalive | undefined)[] {
    const sockets = borrowSocketOptions(this.pid);
    return sockets.filter(({ remotePort }) => remotePort === upstreamPort).map(heldKeepalive);
  }
}

/** What the program says of the hangup of this number, past or future. */
export function saidOfHangup(program: Program, number: number): Promise<string> {
  let seen = 0;
  return program.until(`word on hangup ${number}`, (line) => {
    const [, said] = /^warmline: SIGHUP: (?:\/\S+\.yaml: )?(.*)$/.exec(line) ?? [];
    if (said !== undefined) seen += 1;
    return seen === number ? said : undefined;
  });
}

/** Of an upstream on TCP. */
export function portOf({ address }: Upstream): Port {
  return 'port' in address ? address.port : 0;
}

/** A file with one route to a port of this machine; `rest` are further keys of it. */
export function routeTo(port: Port, rest = ''): string {
  return `routes:\n  - { name: main, listen: '127.0.0.1:0', upstream: '127.0.0.1:${port}'${rest} }\n`;
}

interface LiveSession {
  readonly tuned: Tuned;
  readonly upstream: Upstream;
  readonly port: Port;
  readonly upstreamPort: Port;
  readonly client: Connection;
  readonly server: Connection;
}

/** The program with one route and one live session. */
export async function openSession(t: ExecutionContext, rest = ''): Promise<LiveSession> {
  const upstream = await startUpstream(t);
  const upstreamPort = portOf(upstream);
  const tuned = new Tuned(t, routeTo(upstreamPort, rest));
  const { port } = await tuned.listening();
  const client = await connectTo(t, port);
  const server = await upstream.accept();
  return { tuned, upstream, port, upstreamPort, client, server };
}
