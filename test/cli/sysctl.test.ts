// `warmline sysctl`: shows, sets for now or for every boot, and undoes; in mount and network namespaces of its own.
import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { type Outcome, runCli } from '../helpers/cli.js';
import { keysOfValue } from '../helpers/json_schema.js';
import { startProgram } from '../helpers/program.js';
import { readTable, readText } from '../helpers/repository.js';
import { networkNamespaces, requires, root } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';

const test = requires(root, networkNamespaces);

const all = ['--time', '600s', '--interval', '60s', '--probes', '20'];

test('it shows the settings, what they mean and what middleboxes make of it', async (t) => {
  const { run } = await isolate(t);
  const { code, stdout, stderr } = await run('sysctl');
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /^net\.ipv4\.tcp_keepalive_time +7200s \(2h\) +7200s \(2h\) +the kernel's own$/m);
  t.regex(stdout, /first probe after 7200s \(2h\) idle, .* after 7875s \(2h 11m 15s\)$/m);
  t.regex(stdout, /^aws-nat-gateway +350s \(5m 50s\) +forgotten before the first probe$/m);
  t.regex(stdout, /^linux-netfilter +432000s \(5d\) +kept warm by the probes$/m);
  t.regex(stdout, /^aws-classic-lb +60s \(1m\) +forgotten: it looks at payload only/m);
});

test('a dry run prints what would be done, and doing it prints the same first', async (t) => {
  const { run, read } = await isolate(t);
  const words = ['sysctl', 'set', ...all, '--persist'];
  const dry = await run(...words, '--dry-run');
  t.is(dry.code, 0, dry.stderr);
  t.deepEqual(values(read), [7200, 75, 9]);
  t.is(read('ls', '/etc/sysctl.d'), '');
  const done = await run(...words);
  const [plan = ''] = dry.stdout.split('dry run: nothing was changed');
  t.true(plan.includes('  net.ipv4.tcp_keepalive_time = 600\n'), plan);
  t.true(done.stdout.startsWith(plan), done.stdout);
  t.deepEqual(values(read), [600, 60, 20]);
});

test('what lasts is what `sysctl --system` gives, and --remove undoes it', async (t) => {
  const { run, read } = await isolate(t);
  await run('sysctl', 'set', ...all, '--persist');
  await run('sysctl', 'set', '--time', '42s', '--interval', '42s', '--probes', '42');
  read('sysctl', '--quiet', '--load', '/etc/sysctl.d/90-warmline-keepalive.conf');
  t.deepEqual(values(read), [600, 60, 20]);
  t.regex((await run('sysctl')).stdout, / 600s \(10m\), by \/etc\/sysctl\.d\/90-warmline-\S+:5$/m);
  const removed = await run('sysctl', 'set', '--remove');
  t.is(removed.code, 0, removed.stderr);
  t.deepEqual(values(read), [7200, 75, 9]);
  t.is(read('ls', '/etc/sysctl.d'), '');
  const again = await run('sysctl', 'set', '--remove');
  t.deepEqual([again.code, again.stderr], [0, '']);
  t.regex(again.stdout, /^there is no \S+, so there is nothing to undo\n$/);
});

test('what would not last is refused before anything is written', async (t) => {
  const { run, read } = await isolate(t);
  read('sh', '-c', 'echo net.ipv4.tcp_keepalive_time=300 > /etc/sysctl.d/99-z.conf');
  const { code, stdout, stderr } = await run('sysctl', 'set', ...all, '--persist');
  t.deepEqual([code, stdout], [1, '']);
  t.regex(stderr, /^warmline: \/etc\/sysctl\.d\/99-z\.conf:1: sets .* \[WL_SYSCTL\]\n$/);
  t.deepEqual(values(read), [7200, 75, 9]);
  t.is(read('ls', '/etc/sysctl.d'), '99-z.conf\n');
});

test('without the privilege the line says whose it is', async (t) => {
  const { run, read } = await isolate(t, 'setpriv', '--reuid=65534', '--clear-groups');
  const now = await run('sysctl', 'set', ...all);
  t.is(now.code, 1);
  t.regex(now.stderr, /tcp_keepalive_time: .* got EACCES; run it as root .* \[WL_PRIVILEGE\]\n$/);
  const lasting = await run('sysctl', 'set', ...all, '--persist');
  t.is(lasting.code, 1);
  t.regex(lasting.stderr, /90-warmline\S+: .* got EACCES; run it as root.* \[WL_PRIVILEGE\]\n$/);
  t.deepEqual(values(read), [7200, 75, 9]);
  t.is((await run('sysctl')).code, 0);
});

test('a folder that this user may not look into is told', async (t) => {
  const { run, read } = await isolate(t, 'setpriv', '--reuid=65534', '--clear-groups');
  read('chmod', '700', '/etc/sysctl.d');
  const { code, stdout } = await run('sysctl');
  t.is(code, 0);
  t.regex(stdout, /^warning: \/etc\/sysctl\.d can't be read by this user, so what it sets /m);
});

test('where /proc/sys is read-only, as in containers, the line says where to set it', async (t) => {
  const { run, read } = await isolate(t);
  read('sh', '-c', 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys');
  const { code, stderr } = await run('sysctl', 'set', ...all);
  t.is(code, 1);
  t.regex(stderr, /mounted read-only \(EROFS\); .* "docker run --sysctl .* \[WL_PRIVILEGE\]\n$/);
});

test('root of a user namespace may set what is in it', async (t) => {
  const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const through = [...unprivileged, 'unshare', '--user', '--map-root-user', '--net'];
  const { code, stderr } = await runCli(['sysctl', 'set', '--time', '600s'], { through });
  t.deepEqual([code, stderr], [0, '']);
});

test('the documents have the keys that the page lists, whatever is asked', async (t) => {
  const { run, read } = await isolate(t);
  const page = readText('docs/toolkit/sysctl.md');
  const [, shown = '', set = ''] = page.split('JSON of ');
  const outcomes = [
    await run('sysctl', 'set', ...all, '--persist', '--json'),
    await run('sysctl', 'set', '--remove', '--json'),
    await run('sysctl', 'set', '--remove', '--json'),
  ];
  t.deepEqual(keys(outcomes), namedIn(set));
  await run('sysctl', 'set', ...all, '--persist');
  read('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/tcp_keepalive_probes');
  t.deepEqual(keys([await run('sysctl', '--json')]), namedIn(shown));
  const [, , nothing] = outcomes;
  t.deepEqual(JSON.parse(nothing?.stdout ?? '').changes, []);
});

/** Sorted, one for all three settings and for the two moments. */
function keys(outcomes: readonly Outcome[]): string[] {
  const all = outcomes
    .flatMap(({ stdout }) => keysOfValue(JSON.parse(stdout)))
    .map((key) => key.replace(/\b(time|interval|probes)\b/, 'NAME'))
    .map((key) => key.replace(/^times\.(from|to)\b/, 'times.WHEN'));
  return [...new Set(all)].filter((key) => !/(NAME|WHEN)$/.test(key)).sort();
}

function namedIn(section: string): string[] {
  return readTable(section, 'key')
    .flatMap(([names = []]) => names)
    .sort();
}

interface Isolated {
  /** Runs warmline there. */
  run(...words: string[]): Promise<Outcome>;
  /** Runs something else there, as root. */
  read(...commandLine: string[]): string;
}

/** Namespaces whose /etc/sysctl.d is empty, and /etc/sysctl.conf too; `through` is what warmline is run by. */
async function isolate(t: ExecutionContext, ...through: string[]): Promise<Isolated> {
  const prepare =
    'mount -t tmpfs -o mode=755 none /etc/sysctl.d && mount --bind /dev/null /etc/sysctl.conf';
  const hold = `${prepare} && echo held && exec cat`;
  const holder = startProgram(t, ['unshare', '--mount', '--net', 'sh', '-c', hold]);
  await holder.until('namespace', (line) => line === 'held' || undefined);
  const namespaces = ['mnt', 'net'].map((name) => `/proc/${holder.pid}/ns/${name}`);
  const enter = ['nsenter', `--mount=${namespaces[0]}`, `--net=${namespaces[1]}`];
  return {
    run: (...words) => runCli(words, { through: [...enter, ...through] }),
    read: (...commandLine) => {
      const [command = '', ...args] = [...enter, ...commandLine];
      return execFileSync(command, args, { encoding: 'utf8', env: systemEnv });
    },
  };
}

function values(read: Isolated['read']): number[] {
  const paths = ['time', 'intvl', 'probes'].map(
    (name) => `/proc/sys/net/ipv4/tcp_keepalive_${name}`,
  );
  return read('cat', ...paths)
    .trim()
    .split('\n')
    .map(Number);
}
