// Audit, scope: one process or one container, also in a network namespace of its own; and whose sockets are whose.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { audit, auditedMachine } from '../../src/toolkit/audit/audit.js';
import { findHolders } from '../../src/toolkit/audit/processes.js';
import { containerOf } from '../../src/toolkit/audit/program.js';
import type { AuditReport } from '../../src/toolkit/audit/report.js';
import { runCli } from '../helpers/cli.js';
import { createNamespace, joinNamespaces, type Namespace } from '../helpers/netns.js';
import type { Program } from '../helpers/program.js';
import { command, networkNamespaces, requires, root } from '../helpers/requires.js';
import { ordinaryUser, startService } from '../helpers/service.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { until } from '../helpers/waiting.js';

const id = '0123456789abcdef'.repeat(4);
const other = `0123ffff${'0'.repeat(56)}`;

const inNamespaces = requires(root, networkNamespaces, command('nc', 'netcat-openbsd'));

for (const [cgroup, container] of [
  [`0::/system.slice/docker-${id}.scope`, id],
  [`12:cpu:/docker/${id}\n0::/docker/${id}`, id],
  [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, id],
  [`0::/machine.slice/libpod-${id}.scope/container`, id],
  [`0::/../crio-${id}.scope`, id],
  [`0::/machine.slice/libpod-conmon-${id}.scope`, null],
  [`0::/kubepods.slice/kubepods-pod1.slice/crio-conmon-${id}.scope`, null],
  ['0::/user.slice/user-1000.slice/session-1.scope', null],
  [`0::/x-${id}0.scope`, null],
  ['', null],
] as const) {
  test(`the container of ${JSON.stringify(cgroup)} is ${container?.slice(0, 8)}`, (t) => {
    t.is(containerOf(cgroup), container);
  });
}

test('processes that are gone and descriptors that are none are no trouble', (t) => {
  const proc = fakeProc(t, { 1: '', 7: '', 9: '' });
  mkdirSync(join(proc, '7/fd'));
  for (const [fd, target] of [
    ['3', 'socket:[55]'],
    ['4', 'socket:[55]'],
    ['5', 'pipe:[55]'],
    ['6', 'socket:[x]'],
    ['8', '/dev/null'],
  ] as const) {
    symlinkSync(target, join(proc, '7/fd', fd));
  }
  const { holders, hidden } = findHolders(proc);
  t.deepEqual(
    [...holders],
    [
      [
        55,
        [
          { pid: 7, fd: 3 },
          { pid: 7, fd: 4 },
        ],
      ],
    ],
  );
  t.is(hidden, 0);
});

test('a container is found by the beginning of its id, if only one begins so', (t) => {
  const proc = fakeProc(t, { 7: `0::/docker/${id}`, 8: `0::/docker/${other}` });
  const machine = { ...auditedMachine(), proc };
  t.notThrows(() => audit({ container: '01234' }, machine));
  t.throws(() => audit({ container: '0123' }, machine), {
    code: 'WL_AUDIT',
    message: /expected one container, 0123 begins 2: 0123456789ab, 0123ffff0000/,
  });
  t.throws(() => audit({ container: 'ff' }, machine), { code: 'WL_AUDIT', message: /docker ps/ });
});

inNamespaces('--pid looks into the network namespace of the process', async (t) => {
  const { server } = await startConversation(t);
  const { code, stdout } = await runCli(['audit', '--json', '--pid', String(server.pid)]);
  t.is(code, 0);
  const report = JSON.parse(stdout) as AuditReport;
  t.like(report.connections[0], {
    local: '10.9.0.1:4000',
    loopback: false,
    role: 'server',
    keepalive: 'off',
    verdict: 'lost',
  });
  t.true(report.connections[0]?.processes.some(({ pid }) => pid === server.pid));
  // It was looked at, so there is nothing to go and look at.
  t.is(report.summary.otherNamespaces, 0);
});

test('processes are counted that are in another network namespace than the one that is listed', (t) => {
  const proc = fakeProc(t, { 7: '', 8: '', 9: '' });
  for (const [pid, namespace] of [
    ['7', '1'],
    ['8', '1'],
    ['9', '2'],
  ] as const) {
    mkdirSync(join(proc, pid, 'ns'));
    symlinkSync(`net:[${namespace}]`, join(proc, pid, 'ns/net'));
  }
  t.is(findHolders(proc).elsewhere, 3);
  t.is(findHolders(proc, new Set([7, 8])).elsewhere, 0);
  t.is(findHolders(proc, new Set([7, 9])).elsewhere, 1);
});

inNamespaces('--container looks at its processes, in their network namespace', async (t) => {
  const { server, client } = await startConversation(t);
  const proc = fakeProc(t, {
    [server.pid]: `0::/system.slice/docker-${id}.scope`,
    [client.pid]: '0::/user.slice',
  });
  for (const { pid } of [server, client]) {
    for (const name of ['fd', 'ns', 'comm', 'cmdline']) {
      symlinkSync(`/proc/${pid}/${name}`, join(proc, String(pid), name));
    }
  }
  const report = audit({ container: id.slice(0, 12) }, { ...auditedMachine(), proc });
  t.deepEqual(
    report.connections.map(({ local, container }) => [local, container]),
    [['10.9.0.1:4000', id]],
  );
});

inNamespaces(
  "another's network namespace is refused without privilege, and the error says so",
  async (t) => {
    // Of the user's own process, in a user namespace of his own, yet entering it takes a privilege at home.
    const holder = startService(
      t,
      ['unshare', '--user', '--net', 'sh', '-c', 'echo held && exec cat'],
      ordinaryUser,
    );
    await holder.until('namespace', (line) => line === 'held' || undefined);
    const through = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const { code, stderr } = await runCli(['audit', '--pid', String(holder.pid)], { through });
    t.is(code, 1);
    t.regex(stderr, /setns gave EPERM; .* sudo \[WL_PRIVILEGE\]/);
  },
);

/** A listener in one namespace and its client in another, connected. */
async function startConversation(
  t: ExecutionContext,
): Promise<{ server: Program; client: Program }> {
  const [here, there] = [await createNamespace(t), await createNamespace(t)];
  joinNamespaces(
    { namespace: here, address: '10.9.0.1' },
    { namespace: there, address: '10.9.0.2' },
  );
  const server = startService(t, here.enter('nc', '-l', '10.9.0.1', '4000'));
  await until('listener', () => here.run('ss', '-Hltn').includes('10.9.0.1:4000'));
  const client = startService(t, there.enter('nc', '10.9.0.1', '4000'));
  await until('connection', () => established(here));
  return { server, client };
}

function established(namespace: Namespace): boolean {
  return namespace.run('ss', '-Htn', 'state', 'established').includes('10.9.0.2');
}

/** A folder that looks like proc(5) as far as the control groups of some processes. */
function fakeProc(t: ExecutionContext, cgroups: Readonly<Record<number, string>>): string {
  const proc = temporaryFolder(t);
  symlinkSync('/proc/self', join(proc, 'self'));
  for (const [pid, cgroup] of Object.entries(cgroups)) {
    mkdirSync(join(proc, pid));
    writeFileSync(join(proc, pid, 'cgroup'), `${cgroup}\n`);
  }
  return proc;
}
