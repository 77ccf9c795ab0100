// Doomed laboratory: one that is built by a process of its own, to be killed. As a module it starts that process; as a
// program it is it.
import { readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { openLabSession } from './lab_session.js';
import { type Program, startProgram } from './program.js';
import { testEnv } from './system.js';
import { temporaryFolder } from './temporary.js';

/** What a laboratory consists of: the inodes of its network namespaces. */
export interface Built {
  readonly namespaces: readonly string[];
}

const script = fileURLToPath(import.meta.url);

/** Starts a process that opens a session through a laboratory of its own and then waits. */
export async function startDoomed(
  t: ExecutionContext,
): Promise<{ program: Program; built: Built }> {
  // What it would have removed itself goes with the test that killed it.
  const env = { ...testEnv, TMPDIR: temporaryFolder(t) };
  const program = startProgram(t, [process.execPath, script], { env });
  const built = await program.until('laboratory', (line) => JSON.parse(line) as Built);
  return { program, built };
}

async function main(): Promise<void> {
  // It is killed before any teardown could run.
  const t = { teardown: () => {}, log: () => {} } as unknown as ExecutionContext;
  const { laboratory } = await openLabSession(t);
  const { client, relay, nat, upstream } = laboratory;
  const namespaces = [client, relay, nat, upstream].map(({ holder }) => namespaceOf(holder));
  console.log(JSON.stringify({ namespaces } satisfies Built));
}

/** The network namespace of a process, as /proc names it. */
export function namespaceOf(process: number | string): string {
  return readlinkSync(`/proc/${process}/ns/net`);
}

if (process.argv[1] === script) await main();
