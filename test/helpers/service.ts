// Service: what the tests with real servers share. Each server is the test's own, on a free port, in a temporary folder.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { type CommandLine, type Program, type ProgramOptions, startProgram } from './program.js';
import { systemEnv } from './system.js';
import { runConfig, type Warmline } from './warmline.js';

/** nobody, for a server that refuses to be root; oneself when one is not root. */
export const ordinaryUser = process.getuid?.() === 0 ? ({ uid: 65_534, gid: 65_534 } as const) : {};

/** Starts a server, or a client that stays, for the length of a test. */
export function startService(
  t: ExecutionContext,
  commandLine: CommandLine,
  options: ProgramOptions = {},
): Program {
  return startProgram(t, commandLine, { env: systemEnv, ...options });
}

/** A warmline in front of a service, and where its clients go. */
export interface Relay {
  readonly warmline: Warmline;
  readonly port: Port;
}

/** Runs warmline with one route to a port of 127.0.0.1; both legs probe every second. */
export async function relayTo(
  t: ExecutionContext,
  upstreamPort: Port,
  workers: number | 'auto' = 'auto',
): Promise<Relay> {
  const warmline = runConfig(
    t,
    `workers: ${workers}
routes:
  - name: service
    listen: 127.0.0.1:0
    upstream: 127.0.0.1:${upstreamPort}
    keepalive: { idle: 1s, interval: 1s, count: 3 }
`,
  );
  const { port } = await warmline.listening('service');
  return { warmline, port };
}

/** A port that nobody has at the moment, for a server that cannot be told to choose one. */
export async function freePort(): Promise<Port> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a program to its end and returns its standard output; fails with its standard error. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number } = {},
): Promise<string> {
  const limits = { env: systemEnv, timeout: 120_000 };
  const { stdout } = await promisify(execFile)(command, args, { ...limits, ...options });
  return stdout;
}
