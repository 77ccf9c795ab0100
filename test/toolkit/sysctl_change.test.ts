// A change is planned, then carried out whole or not at all; undoing it leaves the machine as if it had not been.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { carryOut } from '../../src/toolkit/sysctl/carry_out.js';
import { ownPath } from '../../src/toolkit/sysctl/own_file.js';
import { planRemoval, planSetting, type Wish } from '../../src/toolkit/sysctl/plan.js';
import { type Roots, readValues, type Values } from '../../src/toolkit/sysctl/settings.js';
import { readText } from '../helpers/repository.js';
import { temporaryFolder } from '../helpers/temporary.js';

const wanted: Values = { time: 600, interval: 60, probes: 20 };
const initial: Values = { time: 7200, interval: 75, probes: 9 };

test('a plan changes nothing', (t) => {
  const roots = machine(t);
  const { from, to, file } = planSetting({ values: wanted, persist: true }, roots);
  t.deepEqual([from, to], [initial, wanted]);
  t.true(file?.content?.endsWith('net.ipv4.tcp_keepalive_probes = 20\n'));
  t.deepEqual(readValues(roots.procSys), initial);
  t.false(existsSync(join(roots.files, ownPath)));
});

test('without persisting there is no file', (t) => {
  const roots = machine(t);
  set(roots, { values: { interval: 60 }, persist: false });
  t.deepEqual(readValues(roots.procSys), { ...initial, interval: 60 });
  t.false(existsSync(join(roots.files, ownPath)));
});

test('the file says who wrote it, how to undo it and what was there, and anybody may read it', (t) => {
  const roots = machine(t);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  set(roots, { values: { time: 600, probes: 9 }, persist: true });
  const path = join(roots.files, ownPath);
  t.deepEqual(readFileSync(path, 'utf8').split('\n'), [
    '# Written by "warmline sysctl set --persist". Undo it with: warmline sysctl set --remove',
    '# before: net.ipv4.tcp_keepalive_time = 7200',
    'net.ipv4.tcp_keepalive_time = 600',
    'net.ipv4.tcp_keepalive_probes = 9',
    '',
  ]);
  t.is(statSync(path).mode & 0o777, 0o644);
  t.deepEqual(readdirSync(dirname(path)), ['90-warmline-keepalive.conf']);
});

test('a second change keeps what the first wrote, and what was there before both', (t) => {
  const roots = machine(t);
  set(roots, { values: { time: 600 }, persist: true });
  set(roots, { values: { time: 300, interval: 60 }, persist: true });
  const lines = readFileSync(join(roots.files, ownPath), 'utf8').split('\n').slice(1, -1);
  t.deepEqual(lines, [
    '# before: net.ipv4.tcp_keepalive_time = 7200',
    '# before: net.ipv4.tcp_keepalive_intvl = 75',
    'net.ipv4.tcp_keepalive_time = 300',
    'net.ipv4.tcp_keepalive_intvl = 60',
  ]);
});

test('removing restores what was there before', (t) => {
  const roots = machine(t, { time: 1000, interval: 75, probes: 9 });
  set(roots, { values: wanted, persist: true });
  const { changes } = remove(roots);
  t.deepEqual(
    changes.map(({ to, source }) => [to, source]),
    [
      [1000, 'before'],
      [75, 'before'],
      [9, 'before'],
    ],
  );
  t.deepEqual(readValues(roots.procSys), { time: 1000, interval: 75, probes: 9 });
  t.false(existsSync(join(roots.files, ownPath)));
});

test('what was set before it was made to last goes back to what a kernel starts with', (t) => {
  const roots = machine(t);
  set(roots, { values: { time: 600 }, persist: false });
  set(roots, { values: { time: 600 }, persist: true });
  t.is(remove(roots).changes[0]?.source, 'kernel');
  t.deepEqual(readValues(roots.procSys), initial);
});

test('removing restores what another file gives at boot', (t) => {
  const roots = machine(t);
  write(roots.files, '/usr/lib/sysctl.d/50-vendor.conf', 'net.ipv4.tcp_keepalive_time = 900');
  set(roots, { values: { time: 600 }, persist: true });
  t.is(remove(roots).changes[0]?.source, 'bootFile');
  t.is(readValues(roots.procSys).time, 900);
});

test('removing leaves alone what somebody has changed since', (t) => {
  const roots = machine(t);
  set(roots, { values: wanted, persist: true });
  set(roots, { values: { time: 42 }, persist: false });
  t.is(remove(roots).changes[0]?.source, 'leftAlone');
  t.deepEqual(readValues(roots.procSys), { ...initial, time: 42 });
});

test('removing without a file has nothing to do', (t) => {
  const roots = machine(t);
  const { changes, file } = remove(roots);
  t.deepEqual([changes, file], [[], null]);
});

test('what a later line would override is refused, with each line and what to do', (t) => {
  const roots = machine(t);
  write(roots.files, '/etc/sysctl.conf', '# ours\nnet.ipv4.tcp_keepalive_time = 300');
  write(roots.files, '/run/sysctl.d/99-z.conf', '-net.ipv4.tcp_keepalive_probes');
  const error = t.throws(() => planSetting({ values: wanted, persist: true }, roots), {
    code: 'WL_SYSCTL',
  });
  t.deepEqual(error?.message.split('\n'), [
    `/etc/sysctl.conf:2: sets net.ipv4.tcp_keepalive_time to 300, after ${ownPath} has been read; ` +
      'delete that line, or make it "net.ipv4.tcp_keepalive_time = 600"; nothing was changed',
    `/run/sysctl.d/99-z.conf:1: keeps net.ipv4.tcp_keepalive_probes from being set, after ${ownPath} has been read; ` +
      'delete that line, or make it "net.ipv4.tcp_keepalive_probes = 20"; nothing was changed',
  ]);
  t.notThrows(() => planSetting({ values: wanted, persist: false }, roots));
});

test('docs/errors.md shows what is said of such a line', (t) => {
  const roots = machine(t);
  write(roots.files, '/etc/sysctl.conf', `${'\n'.repeat(11)}net.ipv4.tcp_keepalive_time = 300`);
  const wish = { values: { time: 600 }, persist: true };
  const error = t.throws(() => planSetting(wish, roots), { code: 'WL_SYSCTL' });
  t.true(readText('docs/errors.md').includes(`\nwarmline: ${error?.message} [WL_SYSCTL]\n`));
});

for (const [title, spoil] of [
  ['that somebody else wrote', (path: string) => writeFileSync(path, '# mine\n')],
  [
    'to which somebody has added',
    (path: string) => writeFileSync(path, 'net.core.somaxconn = 1\n', { flag: 'a' }),
  ],
  [
    'that is a link, as one to /dev/null which keeps it away',
    (path: string) => {
      rmSync(path);
      symlinkSync('/dev/null', path);
    },
  ],
] as const) {
  test(`a file ${title} is not touched`, (t) => {
    const roots = machine(t);
    set(roots, { values: wanted, persist: true });
    const path = join(roots.files, ownPath);
    spoil(path);
    const left = readFileSync(path, 'utf8');
    t.throws(() => planRemoval(roots), { code: 'WL_SYSCTL', message: /move it away/ });
    t.throws(() => planSetting({ values: wanted, persist: true }, roots), { code: 'WL_SYSCTL' });
    t.is(readFileSync(path, 'utf8'), left);
  });
}

test('when a value can not be written, those before it are put back and no file is left', (t) => {
  const roots = machine(t);
  const plan = planSetting({ values: wanted, persist: true }, roots);
  // Nobody may write it, root included.
  const probes = join(roots.procSys, 'net/ipv4/tcp_keepalive_probes');
  rmSync(probes);
  symlinkSync('/proc/version', probes);
  const error = t.throws(() => carryOut(plan, roots));
  t.regex(
    error?.message ?? '',
    /^\S+tcp_keepalive_probes: expected .*; net\.ipv4\.tcp_keepalive_intvl is 75 again; net\.ipv4\.tcp_keepalive_time is 7200 again$/,
  );
  rmSync(probes);
  writeFileSync(probes, '9\n');
  t.deepEqual(readValues(roots.procSys), initial);
  t.deepEqual(readdirSync(dirname(join(roots.files, ownPath))), []);
});

test('a value that reads back as another one is an error, and is undone', (t) => {
  const roots = machine(t);
  const plan = planSetting({ values: { time: 600, interval: 60 }, persist: false }, roots);
  const interval = join(roots.procSys, 'net/ipv4/tcp_keepalive_intvl');
  rmSync(interval);
  symlinkSync('/dev/null', interval);
  t.throws(() => carryOut(plan, roots), { code: 'WL_SYSCTL', message: /reading it back gives ""/ });
  t.is(readValues(roots.procSys).time, 7200);
});

test('when the file can not be put in its place, the values are put back', (t) => {
  const roots = machine(t);
  const plan = planSetting({ values: wanted, persist: true }, roots);
  mkdirSync(join(roots.files, ownPath, 'in the way'), { recursive: true });
  t.throws(() => carryOut(plan, roots), {
    code: 'WL_SYSCTL',
    message: /tcp_keepalive_time is 7200 again$/,
  });
  t.deepEqual(readValues(roots.procSys), initial);
  t.deepEqual(readdirSync(dirname(join(roots.files, ownPath))), ['90-warmline-keepalive.conf']);
});

test('a kernel without the settings is told so', (t) => {
  const roots = machine(t);
  rmSync(join(roots.procSys, 'net/ipv4/tcp_keepalive_time'));
  t.throws(() => planRemoval(roots), {
    code: 'WL_SYSCTL',
    message: /^expected .*tcp_keepalive_time, got nothing; /,
  });
});

/** A machine of files, with these values. */
function machine(t: ExecutionContext, values = initial): Roots {
  const files = temporaryFolder(t);
  write(files, '/proc/sys/net/ipv4/tcp_keepalive_time', `${values.time}\n`);
  write(files, '/proc/sys/net/ipv4/tcp_keepalive_intvl', `${values.interval}\n`);
  write(files, '/proc/sys/net/ipv4/tcp_keepalive_probes', `${values.probes}\n`);
  return { procSys: join(files, 'proc/sys'), files };
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function set(roots: Roots, wish: Wish): void {
  carryOut(planSetting(wish, roots), roots);
}

function remove(roots: Roots) {
  const plan = planRemoval(roots);
  carryOut(plan, roots);
  return plan;
}
