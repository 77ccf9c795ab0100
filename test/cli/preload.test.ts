// warmline preload: the program runs with the library in it, and is as if it stood there alone.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import { mainPath, runCli } from '../helpers/cli.js';
import { cCompiler, compileC, compileFixture } from '../helpers/compiled.js';
import { startProgram } from '../helpers/program.js';
import { readText } from '../helpers/repository.js';
import { requires } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(cCompiler);

test('a program’s sockets have what the options say', async (t) => {
  const kinds = compileFixture(t, 'kinds');
  const words = ['preload', '--idle', '61s', '--interval', '11s', '--count', '5'];
  const { code, stdout, stderr } = await runCli([...words, '--', kinds]);
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /^tcp4 61\/11\/5\/0$/m);
});

test('a user timeout and rules reach it', async (t) => {
  const words = ['preload', '--user-timeout', 'auto', '--rule', '127.0.0.0/8=30s/5s/4/auto'];
  const { stdout } = await runCli([...words, compileFixture(t, 'peers')]);
  t.regex(stdout, /^connected 30\/5\/4\/50000$/m);
});

test('arguments are the program’s own, with and without a line between', async (t) => {
  for (const line of [[], ['--']]) {
    const words = ['preload', ...line, 'printf', '%s|', '--idle', '--help', 'a b', ''];
    t.deepEqual(await runCli(words), { code: 0, stdout: '--idle|--help|a b||', stderr: '' });
  }
});

test('bytes that are not UTF-8 arrive as they are, in arguments and in the environment', async (t) => {
  const words = 'latin1=$(printf "caf\\351") exec "$@" "$(printf "caf\\351")" caf�';
  const show = 'printf "%s|%s|%s" "$1" "$2" "$latin1" | od -An -tx1';
  const through = ['sh', '-c', words, 'sh'];
  const { stdout } = await runCli(['preload', 'sh', '-c', show, 'sh'], { through });
  const bytes = '63 61 66 e9 7c 63 61 66 ef bf bd 7c 63 61 66 e9';
  t.is(stdout.trim().replaceAll(/\s+/g, ' '), bytes);
});

test('the program stands in our place: its process id, its end, its signals', async (t) => {
  const body = 'trap "echo got INT; kill -KILL $$" INT; echo $$; while :; do sleep 0.05; done';
  const program = startProgram(t, [process.execPath, mainPath, 'preload', 'sh', '-c', body]);
  await program.until('process id', (line) => line === String(program.pid) || undefined);
  process.kill(program.pid, 'SIGINT');
  await program.until('signal', (line) => line === 'got INT' || undefined);
  t.is((await program.ended()).signal, 'SIGKILL');
  t.is((await runCli(['preload', 'sh', '-c', 'exit 7'])).code, 7);
});

test('what Node has changed for itself is as a shell has it', async (t) => {
  const show = 'cat /proc/self/status /proc/self/fdinfo/2';
  // The warning makes Node open the pipe of standard error.
  const words = ['preload', '--preset', 'aws-classic-lb', 'sh', '-c', show];
  const { stdout, stderr } = await runCli(words);
  t.not(stderr, '');
  t.regex(stdout, /^SigBlk:\s+0+$/m);
  t.regex(stdout, /^SigIgn:\s+0+$/m);
  const [, flags = ''] = /^flags:\s+([0-7]+)$/m.exec(stdout) ?? [];
  t.is(Number.parseInt(flags, 8) & constants.O_NONBLOCK, 0, flags);
});

test('sockets that a service manager has passed are passed on', async (t) => {
  const file = join(temporaryFolder(t), 'passed');
  writeFileSync(file, 'passed');
  const start = (pid: string) => `exec 3<"$0"; export LISTEN_FDS=1 LISTEN_PID=${pid}; exec "$@"`;
  const read = ['preload', 'sh', '-c', 'cat <&3'];
  const ours = await runCli(read, { through: ['sh', '-c', start('$$'), file] });
  t.is(ours.stdout, 'passed', ours.stderr);
  const anothers = await runCli(read, { through: ['sh', '-c', start('1'), file] });
  t.is(anothers.stdout, '');
});

test('a program that is not there is 127, one that may not be executed 126', async (t) => {
  t.deepEqual(await runCli(['preload', '--', 'no-such-program']), {
    code: 127,
    stdout: '',
    stderr:
      'warmline: no-such-program: expected a program, got nothing (no folder of the PATH has it) [WL_PRELOAD]\n',
  });
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await runCli(['preload', file]);
  t.is(code, 126);
  t.regex(
    stderr,
    /expected a program that may be executed, got one that may not; .*\[WL_PRELOAD\]/,
  );
});

test('a program without its interpreter is 127, one that the kernel does not start 126', async (t) => {
  const script = join(temporaryFolder(t), 'script');
  writeFileSync(script, '#!/nowhere/interpreter\n', { mode: 0o755 });
  t.deepEqual(await runCli(['preload', script]), {
    code: 127,
    stdout: '',
    stderr: `warmline: ${script}: expected a program that starts, got ENOENT (its interpreter is not there) [WL_PRELOAD]\n`,
  });
  const program = compileC(t, 'int main(void) { return 0; }');
  const writer = openSync(program, 'r+');
  const { code, stderr } = await runCli(['preload', program]);
  closeSync(writer);
  t.is(code, 126);
  t.is(stderr, `warmline: ${program}: expected a program that starts, got ETXTBSY [WL_PRELOAD]\n`);
});

test('without a PATH a program is looked for as execvp(3) does it', async (t) => {
  const bare = { through: ['env', '-u', 'PATH'] };
  t.deepEqual(await runCli(['preload', 'sh', '-c', 'echo ran'], bare), {
    code: 0,
    stdout: 'ran\n',
    stderr: '',
  });
});

test('a program out of reach is not run, unless it is wanted anyway', async (t) => {
  const source = '#include <stdio.h>\nint main(void) { puts("ran"); }';
  const program = compileC(t, source, ['-static']);
  const says = `warmline: ${program}: the library does not get into it: it is statically linked, so no dynamic linker runs; `;
  const refused = await runCli(['preload', program]);
  t.deepEqual([refused.code, refused.stdout], [1, '']);
  t.true(refused.stderr.startsWith(says), refused.stderr);
  const run = await runCli(['preload', '--anyway', program]);
  t.deepEqual([run.code, run.stdout], [0, 'ran\n']);
  t.true(run.stderr.startsWith(says), run.stderr);
});

test('a preset that no probe refreshes is told of', async (t) => {
  const { code, stderr } = await runCli(['preload', '--preset', 'aws-classic-lb', 'true']);
  t.is(code, 0);
  t.is(
    stderr,
    'warmline: --preset aws-classic-lb: it counts payload only, so no keepalive keeps a connection in its memory\n',
  );
});

test('--check says whether the library gets into it, and runs nothing', async (t) => {
  const file = join(temporaryFolder(t), 'file');
  const said = await runCli(['preload', '--check', 'touch', file]);
  t.is(said.code, 0);
  t.regex(said.stdout, /^\/\S+\/touch: the library gets into it\n$/);
  const { code, stdout } = await runCli(['preload', '--check', '--json', 'no-such-program']);
  t.is(code, 1);
  const document = JSON.parse(stdout);
  t.deepEqual(Object.keys(document), ['program', 'path', 'reached', 'problem', 'variables']);
  t.like(document, { path: null, reached: false, problem: { kind: 'missing' } });
});

test('--print-env is for a shell', async (t) => {
  const words = ['preload', '--idle', '61s', '--print-env'];
  const { stdout } = await runCli(words, { through: ['env', `LD_PRELOAD=/it's/here.so`] });
  const show = 'eval "$1" 2>/dev/null; unset LD_PRELOAD; exec env';
  const shell = spawnSync('sh', ['-c', `${show} 2>&1`, 'sh', stdout], {
    encoding: 'utf8',
    env: systemEnv,
  });
  t.regex(shell.stdout, /^WARMLINE_KEEPIDLE=61$/m);
  t.true(stdout.includes(`export LD_PRELOAD='/it'\\''s/here.so:${findLibrary()}'`), stdout);
});

test('the lines that help and docs give to a shell start nothing where warmline fails', async (t) => {
  const help = (await runCli(['preload', '--help'])).stdout;
  const texts = [help, readText('docs/toolkit/preload.md')];
  const lines = texts.flatMap((text) => text.match(/^.*--print-env.*exec.*$/gm) ?? []);
  t.is(lines.length, 2);
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'client'), '#!/bin/sh\necho "ran with $ours"\n', { mode: 0o755 });
  for (const line of lines.map((each) => each.replace(/^ *\$ /, ''))) {
    const options = { cwd, encoding: 'utf8', env: systemEnv } as const;
    const run = (body: string) =>
      spawnSync('sh', ['-c', `warmline() { ${body}; }\n${line}`], options).stdout;
    t.is(run('echo export ours=it'), 'ran with it\n', line);
    t.is(run('return 3'), '', line);
  }
});

test('--library is the path', async (t) => {
  t.deepEqual(await runCli(['preload', '--library']), {
    code: 0,
    stdout: `${findLibrary()}\n`,
    stderr: '',
  });
});

for (const [words, says] of [
  [[], 'expected a program to run, as in: warmline preload -- psql; see: warmline preload --help'],
  [['--json', 'true'], '--json: expected --check beside it; see: warmline preload --help'],
  [['--off', '--idle', '9s', 'true'], 'expected either --off or a keepalive, got both'],
  [
    ['--idle', '9', 'true'],
    '--idle: expected a duration such as "30s", got "9" (a number without a unit)',
  ],
] as const) {
  test(`warmline preload ${words.join(' ')} is refused`, async (t) => {
    const stderr = `warmline: ${says} [WL_USAGE]\n`;
    t.deepEqual(await runCli(['preload', ...words]), { code: 2, stdout: '', stderr });
  });
}
