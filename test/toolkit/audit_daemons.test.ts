// Audit, daemons: what real servers do with keepalive, set and unset, as the audit tells it.
import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { audit, auditedMachine } from '../../src/toolkit/audit/audit.js';
import { boxOf } from '../../src/toolkit/audit/box.js';
import type { AuditedConnection, AuditReport } from '../../src/toolkit/audit/report.js';
import type { Port } from '../../src/units.js';
import {
  postgresNeeds,
  startHaproxy,
  startNginx,
  startPostgres,
  startRedis,
  startSshd,
} from '../helpers/daemons.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import { startUpstream } from '../helpers/server.js';
import { nextEvent, until } from '../helpers/waiting.js';

const box = boxOf('aws-nat-gateway');

const withPostgres = requires(ptraceOfOthers, ...postgresNeeds);
const withRedis = requires(ptraceOfOthers, command('redis-server', 'redis-server'));
const withSshd = requires(ptraceOfOthers, command('sshd', 'openssh-server'));
const withNginx = requires(ptraceOfOthers, command('nginx', 'nginx'));
const withHaproxy = requires(ptraceOfOthers, command('haproxy', 'haproxy'));

withPostgres(
  'PostgreSQL has keepalive on with the times of the system, which are too long',
  async (t) => {
    const port = await startPostgres(t);
    const report = await auditService(t, port, 'on');
    t.like(accepted(report), { role: 'server', verdict: 'lost', code: 'natForgets' });
    t.like(report.listeners[0], { keepalive: 'off', accepted: { on: 1, off: 0, unknown: 0 } });
    t.deepEqual(titles(report), [
      'PostgreSQL server',
      "the system's times",
      'a preloaded library',
      'the relay',
    ]);
  },
);

withPostgres('with the settings of the snippet it is fine', async (t) => {
  const snippet = remedySnippet(await auditService(t, await startPostgres(t), 'on'));
  const settings = snippet.split('\n').map((line) => line.replaceAll(' ', ''));
  const report = await auditService(t, await startPostgres(t, settings), 'on');
  t.like(accepted(report), { verdict: 'fine', values: report.recommended });
  t.deepEqual(report.programs, []);
});

withRedis(
  'Redis has keepalive on by itself, in time for 350 s and too late for 240 s',
  async (t) => {
    const port = await startRedis(t);
    const report = await auditService(t, port, 'on');
    t.like(accepted(report), { values: { idle: 300, interval: 100, count: 3, userTimeout: 0 } });
    t.is(accepted(report).verdict, 'fine');
    const shorter = audit(
      { listen: port, all: true, box: boxOf('azure-load-balancer') },
      auditedMachine(),
    );
    t.like(accepted(shorter), { verdict: 'lost', code: 'natForgets' });
  },
);

withRedis('Redis with tcp-keepalive 0 would be lost, and its listener gives none', async (t) => {
  const report = await auditService(t, await startRedis(t, ['--tcp-keepalive', '0']), 'off');
  t.like(accepted(report), { verdict: 'lost', code: 'keepaliveOff' });
  t.like(report.listeners[0], { verdict: 'lost', accepted: { on: 0, off: 1, unknown: 0 } });
  t.is(report.programs[0]?.name, 'redis-server');
  t.is(report.programs[0]?.remedies[0]?.snippet, `tcp-keepalive ${report.recommended.idle}`);
});

withRedis('with the snippet for Redis it is fine', async (t) => {
  const first = await auditService(t, await startRedis(t, ['--tcp-keepalive', '0']), 'off');
  const [name = '', value = ''] = remedySnippet(first).split(' ');
  const second = await auditService(t, await startRedis(t, [`--${name}`, value]), 'on');
  t.is(accepted(second).verdict, 'fine');
});

withSshd('sshd has keepalive on unless TCPKeepAlive is no', async (t) => {
  const on = await auditService(t, await startSshd(t), 'on');
  t.like(accepted(on), { code: 'natForgets' });
  const off = await auditService(t, await startSshd(t, ['TCPKeepAlive no']), 'off');
  t.like(accepted(off), { code: 'keepaliveOff' });
  t.is(off.programs[0]?.remedies[0]?.title, 'OpenSSH server');
  t.regex(remedySnippet(off), /^ClientAliveInterval \d+$/m);
});

withNginx('nginx hands on what so_keepalive gave its listener', async (t) => {
  const server = await startUpstream(t);
  const { port: upstream } = server.address as { port: Port };
  const without = await auditService(t, await startNginx(t, upstream), 'off');
  await server.accept();
  t.like(without.listeners[0], { keepalive: 'off', verdict: 'lost' });
  t.is(without.programs[0]?.remedies[0]?.title, 'nginx');

  const [, listen] = /(so_keepalive=[^;]+)/.exec(remedySnippet(without)) ?? [];
  const port = await startNginx(t, upstream, { listen: listen ?? '' });
  const report = await auditService(t, port, 'on');
  await server.accept();
  const { idle, interval, count } = report.recommended;
  t.like(accepted(report), { verdict: 'fine', values: { idle, interval, count, userTimeout: 0 } });
  t.like(report.listeners[0], { keepalive: 'on', verdict: 'fine' });
});

withHaproxy('HAProxy sets it on both sides with the statements of the snippet', async (t) => {
  const server = await startUpstream(t);
  const { port: upstream } = server.address as { port: Port };
  const without = await auditService(t, await startHaproxy(t, upstream), 'off');
  await server.accept();
  t.is(accepted(without).verdict, 'lost');
  const port = await startHaproxy(t, upstream, remedySnippet(without).split('\n'));
  const report = await auditService(t, port, 'on');
  const { idle, interval, count } = report.recommended;
  t.like(accepted(report), { verdict: 'fine', values: { idle, interval, count, userTimeout: 0 } });

  await server.accept();
  const pid = accepted(report).processes[0]?.pid ?? 0;
  const { connections } = audit({ pid, all: true, box }, auditedMachine());
  const dialled = connections.find(({ peer }) => peer === `127.0.0.1:${upstream}`);
  t.like(dialled, { role: 'client', verdict: 'fine', values: { idle, interval, count } });
});

/** Connects to a service and audits its port once its connection is as it will be. */
async function auditService(
  t: ExecutionContext,
  port: Port,
  keepalive: AuditedConnection['keepalive'],
): Promise<AuditReport> {
  const client = connect({ host: '127.0.0.1', port });
  t.teardown(() => client.destroy());
  await nextEvent(client, 'connect');
  return until(`connection on port ${port} with keepalive ${keepalive}`, () => {
    const report = audit({ listen: port, all: true, box }, auditedMachine());
    const [connection] = report.connections;
    return connection?.keepalive === keepalive && connection.values !== null && report;
  });
}

function accepted({ connections }: AuditReport): AuditedConnection {
  const [connection] = connections;
  if (connection === undefined) throw new Error('nothing was accepted');
  return connection;
}

function titles({ programs }: AuditReport): string[] {
  return programs.flatMap(({ remedies }) => remedies.map(({ title }) => title));
}

function remedySnippet({ programs }: AuditReport): string {
  return programs[0]?.remedies[0]?.snippet ?? '';
}
