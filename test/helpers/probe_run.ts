// Probe run: the command, here or in a namespace of the laboratory, to its end, however long that takes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { mainPath } from './cli.js';
import type { Namespace } from './netns.js';
import { testEnv } from './system.js';

export interface ProbeRun {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly outcome: Promise<{
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
  /** Resolves when it has told so on standard error; fails when it ends before. */
  told(words: string): Promise<void>;
}

/** Starts `warmline probe` with these arguments; `enter` is a namespace's, or makes it another user's. */
export function startProbe(
  t: ExecutionContext,
  args: readonly string[],
  enter: Namespace['enter'] = (...commandLine) => commandLine,
): ProbeRun {
  const command = enter(process.execPath, mainPath, 'probe', ...args);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], { env: testEnv });
  t.teardown(() => child.kill('SIGKILL'));
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code]]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, outcome, told: (words) => told(child.stderr, words) };
}

function told(stderr: NodeJS.ReadableStream, words: string): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes(words)) resolve();
    });
    stderr.on('end', () => reject(new Error(`it never told "${words}":\n${text}`)));
  });
}
