// The preload library in places where little is allowed, and that nobody notices it by results or errno.
import { execFileSync, spawnSync } from 'node:child_process';
import { cCompiler, compileC, compileFixture } from '../helpers/compiled.js';
import { holding, preloadedEnv, runPreloaded } from '../helpers/preloaded.js';
import { listFiles } from '../helpers/repository.js';
import { requires } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';

const test = requires(cCompiler);

const settings: readonly Readonly<Record<string, string>>[] = [
  {},
  { KEEPALIVE: 'off' },
  { KEEPIDLE: '61', KEEPINTVL: '11', KEEPCNT: '5', USER_TIMEOUT: 'auto' },
  { USER_TIMEOUT: 'auto', WARMLINE_RULES: '127.0.0.0/8=50s/5s/5' },
  { WARMLINE_RULES: '0.0.0.0/0=off,::/0=off' },
  { KEEPIDLE: 'nonsense' },
];

test('results and errno are those of libc', (t) => {
  const program = compileFixture(t, 'results');
  // The program's own view of what libc does, without the library.
  t.is(execFileSync(program, { encoding: 'utf8', env: systemEnv }), 'ok\n');
  for (const variables of settings) {
    t.true('ok' in runPreloaded([program], variables).told, JSON.stringify(variables));
  }
});

test('it works in children of fork and vfork, in signal handlers and in many threads at once', (t) => {
  const program = compileFixture(t, 'processes');
  const { told } = runPreloaded([program], { KEEPIDLE: '61', KEEPINTVL: '11', KEEPCNT: '5' });
  t.true('ok' in told);
  t.is(told['after-vfork'], '61/11/5/0');
  t.is(told['after-closing'], '61/11/5/0');
});

test('a socket of another library’s constructor gets it too', (t) => {
  const library = compileFixture(t, 'early', ['-shared', '-fPIC']);
  const program = compileC(t, 'int main(void) { return 0; }', ['-Wl,--no-as-needed', library]);
  t.is(runPreloaded([program], { KEEPIDLE: '61' }).told['constructor'], holding({ idle: 61 }));
});

/** Under a filter such as that of chronyd, whose list of socket options has none of ours. */
const filtered = `
  #include <linux/filter.h>
  #include <linux/seccomp.h>
  #include <stddef.h>
  #include <sys/prctl.h>
  #include "tell.h"
  int main(void) {
    struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    // It leaves no core behind.
    REQUIRE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
    tell("socket", socket(AF_INET, SOCK_STREAM, 0));
  }`;

test('a program that a seccomp filter kills at setsockopt is spared by KEEPALIVE=off', (t) => {
  const program = compileC(t, filtered, ['-Itest/fixtures/preload']);
  t.is(spawnSync(program, { env: preloadedEnv({}) }).signal, 'SIGSYS');
  t.is(runPreloaded([program], { KEEPALIVE: 'off' }).told['socket'], 'off');
});

for (const [sanitizers, name, ...args] of [
  ['address,undefined', 'peers'],
  ['address,undefined', 'results'],
  ['thread', 'peers'],
  ['thread', 'processes', 'threads'],
] as const) {
  test(`${[name, ...args].join(' ')} is clean when it is compiled with the library under ${sanitizers}`, (t) => {
    const words = ['-D_DEFAULT_SOURCE', '-DWARMLINE_VERSION=""', '-Inative', '-g1', '-O1'];
    const sanitized = [`-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all'];
    const sources = listFiles('native/preload', '.c');
    const program = compileFixture(t, name, [...words, ...sanitized, ...sources]);
    const variables = { KEEPIDLE: '61', USER_TIMEOUT: 'auto', WARMLINE_RULES: '127.0.0.1=1s/2s/3' };
    // Looking for leaks needs a descriptor, of which one of them leaves none; nothing is allocated.
    const env = { ...systemEnv, ...variables, ASAN_OPTIONS: 'detect_leaks=0' };
    t.notThrows(() => execFileSync(program, args, { env, stdio: 'pipe', timeout: 60_000 }));
  });
}
