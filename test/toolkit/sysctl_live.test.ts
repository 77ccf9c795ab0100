// What new settings mean for sockets that exist: getsockopt(2) gives them at once, a timer that runs goes on as it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Seconds, spellDuration } from '../../src/units.js';
import { createNamespace, type Namespace } from '../helpers/netns.js';
import { type Program, startProgram } from '../helpers/program.js';
import { projectRoot } from '../helpers/repository.js';
import { command, networkNamespaces, requires, root } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';

const test = requires(
  root,
  networkNamespaces,
  command('ss', 'iproute2'),
  command('python3', 'python3'),
);

const main = join(projectRoot, 'dist/src/main.js');

test('an idle socket has new values at once, and its timer when it is armed again', async (t) => {
  const namespace = await createNamespace(t);
  const socket = startSocket(t, namespace);
  await socket.until('initial values', (line) => line === '[7200, 75, 9]' || undefined);
  set(namespace, '--time', '600s', '--interval', '60s', '--probes', '20');
  socket.write('again\n');
  await socket.until('new values', (line) => line === '[600, 60, 20]' || undefined);
  const left = timerOf(namespace);
  t.true(left > 7000, `it has ${left} s left`);
  socket.write('rearm\n');
  await until('an answer', () => socket.output.split('\n').length >= 3);
  const armed = timerOf(namespace);
  t.true(armed > 500 && armed <= 600, `it has ${armed} s left`);
});

test('a timer that has run out goes on with the values of then', async (t) => {
  const namespace = await createNamespace(t);
  // The interval holds after each answered probe, however long the next step takes to come.
  set(namespace, '--time', '1s', '--interval', '1s');
  const socket = startSocket(t, namespace);
  await socket.until('initial values', (line) => line === '[1, 1, 9]' || undefined);
  set(namespace, '--time', '600s', '--interval', '60s');
  await until('next arming', () => timerOf(namespace) > 500);
  t.true(timerOf(namespace) <= 600);
});

test('a new network namespace starts with the values of the kernel, not with those of the machine', async (t) => {
  const outer = await createNamespace(t);
  set(outer, '--time', '600s');
  const time = 'cat /proc/sys/net/ipv4/tcp_keepalive_time';
  t.is(outer.run('sh', '-c', time).trim(), '600');
  t.is(outer.run('unshare', '--net', 'sh', '-c', time).trim(), '7200');
});

test('the kernel takes 0 probes, which cuts an idle connection unprobed, and so it is warned of', async (t) => {
  const namespace = await createNamespace(t);
  namespace.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/tcp_keepalive_probes');
  namespace.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/tcp_keepalive_time');
  const socket = startSocket(t, namespace);
  await socket.until('connection', (line) => line === '[1, 75, 0]' || undefined);
  await until('end of the connection', () => connections(namespace) === '');
  const probes = /TcpExtTCPKeepAlive\s+(\d+)/.exec(namespace.run('nstat', '-az'))?.[1];
  t.is(probes, '0');
  t.regex(
    namespace.run(process.execPath, main, 'sysctl'),
    /^warning: net\.ipv4\.tcp_keepalive_probes is 0, so every connection is cut, unprobed, /m,
  );
});

test('the default settings are what the documentation reckons with', (t) => {
  t.is(spellDuration(7200 + 75 * 9), '2h 11m 15s');
  t.true(readFileSync(join(projectRoot, 'docs/toolkit/sysctl.md'), 'utf8').includes('2h 11m 15s'));
});

function startSocket(t: ExecutionContext, namespace: Namespace): Program {
  const script = join(projectRoot, 'test/helpers/idle_socket.py');
  return startProgram(t, namespace.enter('python3', script));
}

function set(namespace: Namespace, ...options: string[]): void {
  namespace.run(process.execPath, main, 'sysctl', 'set', ...options);
}

/** The whole seconds that are left of the one keepalive timer: 119min is 7140 to 7199, and below ten all is told as 0. */
function timerOf(namespace: Namespace): Seconds {
  const [, minutes = '0', seconds = '0'] =
    /timer:\(keepalive,(?:(\d+)min)?(?:(\d+)sec)?/.exec(connections(namespace)) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

function connections(namespace: Namespace): string {
  return namespace.run('ss', '-tnoH', 'state', 'established');
}
