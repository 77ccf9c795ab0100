// Silent server: takes connections and never speaks, in a process of its own, so that it can live in a network namespace.
// As a module it starts one; as a program it is one.
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { Milliseconds, Port } from '../../src/units.js';
import type { Namespace } from './netns.js';
import { type Program, startProgram } from './program.js';
import { systemEnv } from './system.js';

const script = fileURLToPath(import.meta.url);

export interface SilentServer {
  readonly program: Program;
  readonly port: Port;
}

/** Starts one; with `closesAfter` it closes what has said nothing for so long. */
export async function startSilentServer(
  t: ExecutionContext,
  namespace: Namespace,
  host: string,
  closesAfter: Milliseconds = 0,
): Promise<SilentServer> {
  const command = namespace.enter(process.execPath, script, host, String(closesAfter));
  const program = startProgram(t, command, { env: systemEnv });
  const port = await program.until('port', (line) => /^port (\d+)$/.exec(line)?.[1]);
  return { program, port: Number(port) };
}

function main([host, closesAfter]: string[]): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // 0 is never.
    socket.setTimeout(Number(closesAfter), () => socket.end());
    socket.resume();
  });
  server.listen(0, host, 511, () => {
    console.log(`port ${(server.address() as AddressInfo).port}`);
  });
}

if (process.argv[1] === script) main(process.argv.slice(2));
