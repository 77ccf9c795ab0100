// Laboratory: hosts in network namespaces without a name, each held by a process that ends with this one, so that nothing
// is left behind however it ends. This process is one of the hosts. Runs in a network namespace of its own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Port } from '../../../units.js';

/** A host: a network namespace, and the process that holds it. */
export interface Host {
  readonly pid: number;
  /** Runs a short program there; throws with what it said. */
  run(...commandLine: readonly string[]): void;
}

/** The host that this process is. */
export const here: Host = { pid: process.pid, run: (...commandLine) => runOrThrow(commandLine) };

/** A host that only holds links and rules. */
export async function startHost(): Promise<Host> {
  const child = hold(['sh', '-c', 'echo held && exec cat']);
  await firstLine(child);
  return hostOf(child);
}

/** A host that echoes what is sent to its port, on every address that it is given. */
export async function startEchoHost(): Promise<{ host: Host; port: Port }> {
  const script = fileURLToPath(new URL('./echo_host.js', import.meta.url));
  const child = hold([process.execPath, script]);
  const port = Number(await firstLine(child));
  return { host: hostOf(child), port };
}

/** Ends when its standard input does: with us. */
function hold(commandLine: readonly string[]): ChildProcess {
  return spawn('unshare', ['--net', ...commandLine], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('expected a standard output');
  const lines = createInterface(stdout);
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  if (line === undefined) throw new Error('a network namespace could not be entered');
  return String(line);
}

function hostOf({ pid }: ChildProcess): Host {
  if (pid === undefined) throw new Error('unshare did not start');
  const enter = ['nsenter', `--net=/proc/${pid}/ns/net`];
  return { pid, run: (...commandLine) => runOrThrow([...enter, ...commandLine]) };
}

function runOrThrow([command = '', ...args]: readonly string[]): void {
  execFileSync(command, args, { stdio: 'pipe' });
}

/** One end of a link: a host, and the address that it has there, of a /24. */
export interface End {
  readonly host: Host;
  readonly address: string;
}

/** Lays a link between two hosts. */
export function join(one: End, other: End): void {
  const [first, second] = [deviceOf(one.address), deviceOf(other.address)];
  const peer = ['peer', 'name', second, 'netns', String(other.host.pid)];
  here.run(
    ...['ip', 'link', 'add', 'name', first, 'netns', String(one.host.pid), 'type', 'veth'],
    ...peer,
  );
  for (const { host, address } of [one, other]) {
    host.run('ip', 'address', 'add', `${address}/24`, 'dev', deviceOf(address));
    host.run('ip', 'link', 'set', deviceOf(address), 'up');
  }
}

/** The device that has this address. */
export function deviceOf(address: string): string {
  return `w${address}`;
}

/** A connection, over which one byte has gone and come back. */
export async function connectTo(host: string, port: Port): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  // One that ends early is found out when it is asked for an echo.
  socket.on('error', () => {});
  await once(socket, 'connect');
  await echo(socket);
  return socket;
}

/** Sends a byte and waits for it to come back; rejects when the connection fails or `signal` is aborted. */
export async function echo(socket: Socket, signal?: AbortSignal): Promise<void> {
  socket.write('w');
  await once(socket, 'data', signal === undefined ? {} : { signal });
}
