// Paths: the ways from client to upstream that a run compares. Each relay is a process of its own, fresh for every
// measurement, so that no measurement inherits memory or connections from the one before.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Port } from '../src/units.js';
import type { Target } from './figure.js';

export type PathName = 'direct' | 'node pipe' | 'warmline';

/** A way to the upstream, open until it is closed. */
export interface OpenPath {
  readonly target: Target;
  close(): Promise<void>;
}

/** A process of the benchmark and the first thing that it said. */
interface Role<T> {
  readonly child: ChildProcess;
  readonly said: T;
}

/** A process that is heard. */
interface Speaking {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export type Upstream = Pick<Target, 'echo' | 'source'>;

/** Every path, by name and in the order of the table. */
export const paths: Readonly<Record<PathName, (upstream: Upstream) => Promise<OpenPath>>> = {
  direct: (upstream) =>
    Promise.resolve({ target: { ...upstream, relayPid: null }, close: () => Promise.resolve() }),
  'node pipe': openNodePipe,
  warmline: openWarmline,
};

/** Starts a file of roles/ as a child process; resolves with its first message, when it is ready. */
export async function startRole<T>(role: string, ...args: string[]): Promise<Role<T>> {
  const child = fork(fileURLToPath(new URL(`./roles/${role}.js`, import.meta.url)), args);
  const [said] = await once(child, 'message');
  return { child, said };
}

/** Ends a child and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

async function openNodePipe({ echo, source }: Upstream): Promise<OpenPath> {
  const ports = [echo, source].map(String);
  const { child, said } = await startRole<Upstream>('node_pipe', ...ports);
  return pathThrough(child, said);
}

async function openWarmline({ echo, source }: Upstream): Promise<OpenPath> {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-bench-'));
  const file = join(folder, 'warmline.yaml');
  writeFileSync(file, configFor({ echo, source }));
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'run', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = await readListeners(child);
  rmSync(folder, { recursive: true });
  return pathThrough(child, listening);
}

/** Two routes as a user would write them, with the log as it is by default. */
function configFor(routes: Readonly<Record<string, Port>>): string {
  const lines = Object.entries(routes).map(
    ([name, port]) => `  - { name: ${name}, listen: '127.0.0.1:0', upstream: '127.0.0.1:${port}' }`,
  );
  return ['log: { format: json }', 'routes:', ...lines].join('\n');
}

/** The port of each route, from the log; from then on what it says is read and thrown away. */
async function readListeners({ stdout, stderr }: Speaking): Promise<Upstream> {
  const found = new Map<string, Port>();
  for await (const line of createInterface(stdout)) {
    const { event, route, address } = JSON.parse(line);
    if (event === 'listening') found.set(route, Number(address.split(':').at(-1)));
    if (found.size === 2) break;
  }
  const [echo, source] = [found.get('echo'), found.get('source')];
  if (!echo || !source) throw new Error(`warmline did not start: ${await text(stderr)}`);
  // Leaving the loop has paused it.
  stdout.resume();
  stderr.resume();
  return { echo, source };
}

function pathThrough(child: ChildProcess, ports: Upstream): OpenPath {
  return { target: { ...ports, relayPid: child.pid ?? null }, close: () => endChild(child) };
}
