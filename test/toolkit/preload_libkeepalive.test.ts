// The preload library beside Debian's libkeepalive, on the example of the TCP Keepalive HOWTO: the same system calls, in the
// same order, with the same results.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import { cCompiler, compileC } from '../helpers/compiled.js';
import { hasLibkeepalive, libkeepalive } from '../helpers/preloaded.js';
import { command, requires } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(cCompiler, command('strace', 'strace'), hasLibkeepalive);

/** The program of the HOWTO, in short: a socket, and what it holds. */
const example = `
  #include <netinet/in.h>
  #include <sys/socket.h>
  int main(void) { return socket(PF_INET, SOCK_STREAM, IPPROTO_TCP) == -1; }`;

const cases: readonly (readonly [title: string, variables: readonly string[]])[] = [
  ['the HOWTO', ['KEEPCNT=20', 'KEEPIDLE=180', 'KEEPINTVL=60']],
  ['no variable', []],
  ['one of three', ['KEEPINTVL=75']],
  ['KEEPALIVE=off', ['KEEPALIVE=off', 'KEEPIDLE=180']],
  ['KEEPALIVE=on', ['KEEPALIVE=on', 'KEEPCNT=20']],
];

for (const [title, variables] of cases) {
  test(`strace sees the same with ${title}`, (t) => {
    const program = compileC(t, example);
    const ours = trace(t, program, findLibrary(), variables);
    t.deepEqual(ours, trace(t, program, libkeepalive, variables));
  });
}

test('what strace sees is socket, then SO_KEEPALIVE, count, idle and interval', (t) => {
  const [, variables = []] = cases[0] ?? [];
  t.deepEqual(trace(t, compileC(t, example), findLibrary(), variables), [
    'socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3',
    'setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0',
    'setsockopt(3, SOL_TCP, TCP_KEEPCNT, [20], 4) = 0',
    'setsockopt(3, SOL_TCP, TCP_KEEPIDLE, [180], 4) = 0',
    'setsockopt(3, SOL_TCP, TCP_KEEPINTVL, [60], 4) = 0',
  ]);
});

/** Every system call about sockets that a program makes with a library in it. */
function trace(
  t: ExecutionContext,
  program: string,
  library: string,
  variables: readonly string[],
): string[] {
  const output = join(temporaryFolder(t), 'trace');
  const set = [`LD_PRELOAD=${library}`, ...variables].flatMap((each) => ['-E', each]);
  const calls = ['-qq', '-e', 'trace=%network', '-e', 'signal=none', '-o', output];
  execFileSync('strace', [...calls, ...set, program], { env: systemEnv });
  return readFileSync(output, 'utf8').trimEnd().split('\n');
}
