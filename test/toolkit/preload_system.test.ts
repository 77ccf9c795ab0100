// The preload library for the whole system, by /etc/ld.so.preload, and the way back. In a mount namespace of its own, where
// /etc is a folder of links, so that the machine's own stays as it is.
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import { cCompiler, compileC } from '../helpers/compiled.js';
import { holding } from '../helpers/preloaded.js';
import { command, requires, root } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(
  root,
  cCompiler,
  command('unshare', 'util-linux'),
  command('setpriv', 'util-linux'),
);

/** Tells what one socket holds; with a word, what another one holds after the end of its input, too. */
const plain = `
  #include "tell.h"
  int main(int argc, char** argv) {
    tell("socket", socket(AF_INET, SOCK_STREAM, 0));
    if (argc == 1) return 0;
    while (getchar() != EOF) continue;
    tell(argv[1], socket(AF_INET, SOCK_STREAM, 0));
  }`;

const prepare = `
  mount -t tmpfs -o mode=755 none "$1"
  mkdir "$1/old" "$1/etc"
  mount --bind /etc "$1/old"
  for each in "$1"/old/*; do ln -s "$each" "$1/etc/"; done
  mount --bind "$1/etc" /etc
  cp "$2" "$1/plain"
  cp "$3" "$1/library.so"
  `;

/** What a shell sees that does these steps; $1 is the folder, with "plain" and "library.so" in it. */
function see(t: ExecutionContext, ...steps: readonly string[]): string[] {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const program = compileC(t, plain, ['-Itest/fixtures/preload']);
  const script = ['set -e', prepare, 'exec 2>&1', ...steps].join('\n');
  const shell = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
  const words = [...shell, folder, program, findLibrary()];
  const output = execFileSync('unshare', words, { encoding: 'utf8', env: systemEnv });
  return output.trimEnd().replaceAll(folder, 'FOLDER').split('\n');
}

const on = 'echo "$1/library.so" > /etc/ld.so.preload';
const run = '"$1/plain"';

test('with the library in the file, every program has keepalive, with the system’s values', (t) => {
  t.deepEqual(see(t, run, on, run, `KEEPIDLE=61 ${run}`), [
    'socket off',
    `socket ${holding()}`,
    `socket ${holding({ idle: 61 })}`,
  ]);
});

test('emptying the file is the way back', (t) => {
  t.deepEqual(see(t, on, run, ': > /etc/ld.so.preload', run), [
    `socket ${holding()}`,
    'socket off',
  ]);
});

test('a path that is not there keeps no program from starting, and the way back is open', (t) => {
  const seen = see(t, 'echo /nowhere.so > /etc/ld.so.preload', run, ': > /etc/ld.so.preload', run);
  t.deepEqual([seen[1], seen[2]], ['socket off', 'socket off']);
  t.regex(
    seen[0] ?? '',
    /^ERROR: ld\.so: object '\/nowhere\.so' from \/etc\/ld\.so\.preload cannot be preloaded .*: ignored\.$/,
  );
});

test('a file that is no library keeps no program from starting, and the way back is open', (t) => {
  const broken = 'echo broken > "$1/broken.so"; echo "$1/broken.so" > /etc/ld.so.preload';
  const seen = see(t, broken, run, ': > /etc/ld.so.preload', run);
  t.deepEqual([seen[1], seen[2]], ['socket off', 'socket off']);
  t.regex(seen[0] ?? '', /^ERROR: ld\.so: object 'FOLDER\/broken\.so' .*: ignored\.$/);
});

test('another file that install(1) puts in its place does no harm to a program that runs', (t) => {
  const seen = see(
    t,
    on,
    'mkfifo "$1/input"',
    '"$1/plain" later < "$1/input" > "$1/said" &',
    'exec 3> "$1/input"',
    'until [ -s "$1/said" ]; do kill -0 $!; sleep 0.05; done',
    ': > /etc/ld.so.preload',
    'echo other > "$1/other"; install "$1/other" "$1/library.so"',
    'exec 3>&-; wait $!; cat "$1/said" "$1/library.so"',
  );
  t.deepEqual(seen, [`socket ${holding()}`, `later ${holding()}`, 'other']);
});

test('a set-user-ID program has it too, and obeys no variable of its user', (t) => {
  const asNobody = 'KEEPIDLE=61 setpriv --reuid 65534 --regid 65534 --clear-groups';
  t.deepEqual(see(t, on, `${asNobody} ${run}`, 'chmod 4755 "$1/plain"', `${asNobody} ${run}`), [
    `socket ${holding({ idle: 61 })}`,
    `socket ${holding()}`,
  ]);
});

test('without the file, a set-user-ID program ignores LD_PRELOAD', (t) => {
  const asNobody = 'LD_PRELOAD="$1/library.so" setpriv --reuid 65534 --regid 65534 --clear-groups';
  const seen = see(t, `${asNobody} ${run}`, 'chmod 4755 "$1/plain"', `${asNobody} ${run}`);
  t.is(seen[0], `socket ${holding()}`);
  t.is(seen.at(-1), 'socket off');
});
