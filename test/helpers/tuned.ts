// Tuned: the real program with a file that a test changes under it, told so by SIGHUP, and what the sockets of its
// sessions then hold, asked from outside.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { mainPath } from './cli.js';
import { type Connection, connectTo } from './connection.js';
import { type Program, startProgram } from './program.js';
import { startUpstream, type Upstream } from './server.js';
import { borrowSocketOptions, type HeldKeepalive, heldKeepalive } from './sockets.js';
import { temporaryFolder } from './temporary.js';
import type { Wrap } from './warmline.js';

type Line = Readonly<Record<string, unknown>>;

/** The program with a file that a test changes under it. */
export class Tuned {
  readonly program: Program;
  readonly file: string;
  #hangups = 0;

  /** Runs it on this YAML; `wrap` starts it through another program. */
  constructor(t: ExecutionContext, yaml: string, wrap: Wrap = (...commandLine) => commandLine) {
    this.file = join(temporaryFolder(t), 'warmline.yaml');
    this.write(yaml);
    this.program = startProgram(t, wrap(process.execPath, mainPath, 'run', this.file));
  }

  /** Replaces the file as editors do: nobody reads half of it. */
  write(yaml: string): void {
    writeFileSync(`${this.file}.new`, `log: { format: json }\ndrainTimeout: 0s\n${yaml}`);
    renameSync(`${this.file}.new`, this.file);
  }

  /** Changes the file and sends SIGHUP; resolves with what it says of it. */
  async retune(yaml: string): Promise<string> {
    this.write(yaml);
    return await this.hangUp();
  }

  async hangUp(): Promise<string> {
    this.#hangups += 1;
    process.kill(this.program.pid, 'SIGHUP');
    return await saidOfHangup(this.program, this.#hangups);
  }

  /** The first `count` log lines of an event, past or future. */
  async logged(event: string, count = 1): Promise<Line[]> {
    const found: Line[] = [];
    while (found.length < count) found.push(await this.#line(event, found.length));
    return found;
  }

  #line(event: string, index: number): Promise<Line> {
    let seen = 0;
    return this.program.until(`${event} ${index}`, (text) => {
      const line: Line = text.startsWith('{') ? JSON.parse(text) : {};
      if (line['event'] !== event) return undefined;
      seen += 1;
      return seen > index ? line : undefined;
    });
  }

  /** The port of a route's listener. */
  async port(route: string): Promise<Port> {
    const address = await this.program.until(`listener of ${route}`, (text) =>
      text.startsWith('{') && JSON.parse(text).route === route
        ? String(JSON.parse(text).address)
        : undefined,
    );
    return Number(address.split(':').at(-1));
  }

  /** What every client leg of a listener holds. */
  held(listenPort: Port): (HeldKeepalive | undefined)[] {
    const sockets = borrowSocketOptions(this.program.pid);
    return sockets.filter(({ localPort }) => localPort === listenPort).map(heldKeepalive);
  }

  /** What every upstream leg to a port holds. */
  heldTo(upstreamPort: Port): (HeldKeepalive | undefined)[] {
    const sockets = borrowSocketOptions(this.program.pid);
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
  const port = await tuned.port('main');
  const client = await connectTo(t, port);
  const server = await upstream.accept();
  return { tuned, upstream, port, upstreamPort, client, server };
}
