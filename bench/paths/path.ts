// Path: what every way from client to upstream is. Each relay is a process of its own, fresh for every measurement, so
// that no measurement inherits memory or connections from the one before.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Milliseconds, Port } from '../../src/units.js';
import { type Child, until } from '../children.js';
import type { Ports } from '../load.js';

/** How the relays of a run, or of a figure, are set. */
export interface RelaySettings {
  /** Threads that relay. */
  readonly workers: number;
  /** Whether warmline writes a line for each session that ends. The others never do. */
  readonly logged: boolean;
  /** The cores that the relay may use, as taskset(1) takes them; all unless given. */
  readonly cores?: string | undefined;
}

export interface Path {
  /** As in the table. */
  readonly name: string;
  /** The version that runs, or undefined when it is not installed. */
  version(): string | undefined;
  open(upstream: Ports, settings: RelaySettings): Promise<OpenPath>;
}

/** A way to the upstream, open until it is closed. */
export interface OpenPath {
  readonly ports: Ports;
  /** The processes that relay; none when nothing is in between. */
  readonly pids: readonly number[];
  /** Changes the configuration, and resolves with how long it took until it was in force. */
  readonly reload?: () => Promise<Milliseconds>;
  close(): Promise<void>;
}

const folders = new Set<string>();
// Also when the run fails or is interrupted.
process.on('exit', () => folders.forEach(removeFolder));

/** A folder for what a relay reads and writes. */
export function makeFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-bench-'));
  folders.add(folder);
  return { folder, remove: () => removeFolder(folder) };
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/**
 * Ports for relays that can't say which they were given, below those that the kernel gives to connections: one of those
 * would be taken by the time that it is wanted, or a probe of it would connect to itself. Free now; a moment later
 * another program may have taken them.
 */
export async function freePorts(count: number): Promise<Port[]> {
  const ports: Port[] = [];
  for (let port = randomInt(10_000, 30_000); ports.length < count && port < 32_768; port++) {
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: Port): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the relay answers on the port. Rejects with what it said when it has ended instead. */
export async function untilServing(name: string, relay: Child, port: Port): Promise<void> {
  await until(`${name} to start`, () => {
    if (!relay.isRunning()) throw new Error(`${name} did not start: ${relay.errors()}`);
    return answers(port);
  });
}

/** True when somebody answers on the port; undefined when nobody does, as until() wants it. */
export async function answers(port: Port): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1').setTimeout(1000, () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write('w');
    await once(socket, 'data');
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
