// Crowd: very many TCP connections in one process, all clients or all of one server. As a module it starts one; as a
// program it is one, moved by lines on stdin and telling by lines on stdout. Each connection's number is what the server
// says to it, so that what both ends saw can be put side by side.
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Milliseconds, Port } from '../../src/units.js';
import type { Namespace } from './netns.js';
import { type Program, startProgram } from './program.js';
import { systemEnv } from './system.js';

/** When each connection came to a point, by its number. */
export type Times = readonly Milliseconds[];

interface Told {
  readonly event: string;
  readonly port?: Port;
  readonly times?: Times;
}

const script = fileURLToPath(import.meta.url);

/** A crowd under the test's hand. */
export class Crowd {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Lets a server tell every connection its number; resolves with the time just before each. */
  async speak(): Promise<Times> {
    this.#program.write('speak\n');
    return this.#times('spoke');
  }

  /** When each client was told its number; resolves when all have been. */
  heard(): Promise<Times> {
    return this.#times('heard');
  }

  /** When each client was reset; resolves when all have been. */
  reset(): Promise<Times> {
    return this.#times('reset');
  }

  /** Resolves when all connections stand. */
  async complete(): Promise<void> {
    await next(this.#program, 'complete');
  }

  async #times(event: string): Promise<Times> {
    return (await next(this.#program, event)).times ?? [];
  }
}

interface Size {
  readonly count: number;
}

/** A server that waits for so many connections; resolves when it listens, with its port. */
export async function listenForCrowd(
  t: ExecutionContext,
  namespace: Namespace,
  { host, count }: Size & { readonly host: string },
): Promise<{ crowd: Crowd; port: Port }> {
  const program = start(t, namespace, 'listen', host, String(count));
  const { port = 0 } = await next(program, 'listening');
  return { crowd: new Crowd(program), port };
}

/** So many clients of one address. */
export function connectCrowd(
  t: ExecutionContext,
  namespace: Namespace,
  { host, port, count }: Size & { readonly host: string; readonly port: Port },
): Crowd {
  return new Crowd(start(t, namespace, 'connect', host, String(port), String(count)));
}

function start(t: ExecutionContext, namespace: Namespace, ...args: string[]): Program {
  return startProgram(t, namespace.enter(process.execPath, script, ...args), { env: systemEnv });
}

function next(program: Program, event: string): Promise<Told> {
  return program.until(event, (line) => {
    const told: Told = JSON.parse(line);
    return told.event === event ? told : undefined;
  });
}

function tell(told: Told): void {
  console.log(JSON.stringify(told));
}

function listen(host: string, count: number): void {
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    if (sockets.length === count) tell({ event: 'complete' });
  });
  server.listen({ host, port: 0, backlog: 4096 }, () => {
    tell({ event: 'listening', port: (server.address() as { port: Port }).port });
  });
  createInterface(process.stdin).on('line', () => {
    const times = sockets.map((socket, number) => {
      const at = Date.now();
      socket.write(`${number}\n`);
      return at;
    });
    tell({ event: 'spoke', times });
  });
}

function connectAll(host: string, port: Port, count: number): void {
  let connected = 0;
  const heard = new Tally('heard', count);
  const reset = new Tally('reset', count);
  for (let i = 0; i < count; i++) {
    let number = 0;
    const socket = connect({ host, port }, () => {
      connected += 1;
      if (connected === count) tell({ event: 'complete' });
    });
    socket.on('data', (line) => {
      number = Number.parseInt(String(line), 10);
      heard.add(number);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNRESET') reset.add(number);
    });
  }
}

/** Collects a time for each connection, and tells them when it has all. */
class Tally {
  readonly #event: string;
  readonly #times: Milliseconds[];
  #missing: number;

  constructor(event: string, count: number) {
    this.#event = event;
    this.#times = new Array(count).fill(0);
    this.#missing = count;
  }

  add(number: number): void {
    this.#times[number] = Date.now();
    this.#missing -= 1;
    if (this.#missing === 0) tell({ event: this.#event, times: this.#times });
  }
}

function main([verb, host = '', ...numbers]: string[]): void {
  const [first = 0, second = 0] = numbers.map(Number);
  if (verb === 'listen') listen(host, first);
  else connectAll(host, first, second);
}

if (process.argv[1] === script) main(process.argv.slice(2));
