// Audit: connections of this process, whose options are known, as the audit tells them; and what ss(8) says of the same.
import { execFileSync } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import { audit, auditedMachine } from '../../src/toolkit/audit/audit.js';
import { boxOf } from '../../src/toolkit/audit/box.js';
import { auditSelf, connectionOn, connectPair, keepWarm, listenerOn } from '../helpers/audited.js';
import { openFds } from '../helpers/fds.js';
import { command, requires } from '../helpers/requires.js';
import { readKeepaliveTimer } from '../helpers/sockets.js';
import { test } from '../helpers/steady.js';
import { systemEnv } from '../helpers/system.js';
import { nextEvent, until } from '../helpers/waiting.js';

const warm = { idle: 100, interval: 20, count: 4, userTimeout: 180_000 };

test.serial(
  'a connection has its process, its state and the values that it was given',
  async (t) => {
    const { client, clientPort, port } = await connectPair(t);
    keepWarm(client, warm);
    const connection = connectionOn(auditSelf(), clientPort);
    t.like(connection, {
      local: `127.0.0.1:${clientPort}`,
      peer: `127.0.0.1:${port}`,
      state: 'established',
      loopback: true,
      uid: process.getuid?.(),
      container: null,
      keepalive: 'on',
      values: warm,
      unread: null,
      verdict: 'fine',
      code: null,
      role: 'client',
      probes: 0,
    });
    t.deepEqual(
      connection.processes.map(({ pid }) => pid),
      [process.pid],
    );
    t.true((connection.timerLeft ?? 0) > 80_000 && (connection.timerLeft ?? 0) <= 100_000);
  },
);

test.serial('one without keepalive would be lost, with a box or without', async (t) => {
  const { clientPort } = await connectPair(t);
  for (const box of [undefined, boxOf('aws-nat-gateway')]) {
    t.like(connectionOn(auditSelf({ box }), clientPort), {
      keepalive: 'off',
      timerLeft: null,
      verdict: 'lost',
      code: 'keepaliveOff',
    });
  }
});

test.serial('probes have to come before the box forgets, late timers counted in', async (t) => {
  const { client, clientPort } = await connectPair(t);
  const box = boxOf('aws-nat-gateway');
  // 350 s, and timers are late by up to an eighth: 311 s is the last that is early enough.
  for (const [idle, interval, verdict] of [
    [311, 10, 'fine'],
    [312, 10, 'lost'],
    [10, 311, 'fine'],
    [10, 312, 'lost'],
  ] as const) {
    keepWarm(client, { ...warm, idle, interval });
    const connection = connectionOn(auditSelf({ box }), clientPort);
    t.is(connection.verdict, verdict, `${idle}/${interval}`);
    t.is(connection.code, verdict === 'lost' ? 'natForgets' : null);
  }
});

test.serial('a time that the box was set to stands in for its usual one', async (t) => {
  const { client, clientPort } = await connectPair(t);
  keepWarm(client, warm);
  for (const [seconds, verdict] of [
    [112, 'lost'],
    [113, 'fine'],
  ] as const) {
    for (const box of [boxOf(undefined, seconds), boxOf('aws-nlb-tcp', seconds)]) {
      t.is(connectionOn(auditSelf({ box }), clientPort).verdict, verdict);
    }
  }
});

test.serial('behind a box that looks at payload only, no keepalive helps', async (t) => {
  const { client, clientPort, port } = await connectPair(t);
  keepWarm(client, { ...warm, idle: 10 });
  const report = auditSelf({ box: boxOf('aws-classic-lb') });
  const lost = { verdict: 'lost', code: 'payloadOnlyBox' } as const;
  t.like(connectionOn(report, clientPort), { ...lost, keepalive: 'on' });
  t.like(connectionOn(report, port), { ...lost, keepalive: 'off' });
  t.like(listenerOn(report, port), lost);
  t.is(report.programs.length, 2);
  t.deepEqual(
    report.programs.flatMap(({ remedies }) => remedies),
    [],
  );
});

test.serial('IPv6 connections are audited, and IPv4 ones of an IPv6 listener', async (t) => {
  const six = await connectPair(t, { at: { host: '::1', port: 0 } });
  keepWarm(six.client, warm);
  t.like(connectionOn(auditSelf(), six.clientPort), {
    local: `[::1]:${six.clientPort}`,
    loopback: true,
    values: warm,
  });

  const mapped = await connectPair(t, { at: { host: '::', client: '127.0.0.1', port: 0 } });
  keepWarm(mapped.accepted, warm);
  t.like(connectionOn(auditSelf(), mapped.port), {
    local: `[::ffff:127.0.0.1]:${mapped.port}`,
    loopback: true,
    role: 'server',
    values: warm,
  });
  t.deepEqual(listenerOn(auditSelf(), mapped.port).accepted, { on: 1, off: 0, unknown: 0 });
});

test.serial('idle is since the last payload, heard since the last segment', async (t) => {
  const { client, clientPort } = await connectPair(t);
  client.write('hello');
  await after(300);
  const { payloadIdle, lastHeard } = connectionOn(auditSelf(), clientPort);
  t.true((payloadIdle ?? 0) >= 250, `${payloadIdle}`);
  t.true((lastHeard ?? 0) >= 0 && (lastHeard ?? 0) <= (payloadIdle ?? 0) + 100, `${lastHeard}`);
});

test.serial('what waits for a closed window hides the timer, and not what was read', async (t) => {
  const { client, clientPort, accepted } = await connectPair(t);
  keepWarm(client, warm);
  accepted.pause();
  while (client.write(Buffer.alloc(1 << 20)) || client.writableLength === 0) await after(1);
  const box = boxOf('aws-nat-gateway');
  const connection = await until('another timer', () => {
    const found = connectionOn(auditSelf({ box }), clientPort);
    return found.timerLeft === null && found;
  });
  t.like(connection, { keepalive: 'on', probes: 0, values: warm, verdict: 'fine' });
});

test.serial('a half-closed connection can still be lost', async (t) => {
  const { client, clientPort, accepted, port } = await connectPair(t);
  const ended = new Promise((resolve) => accepted.once('end', resolve).resume());
  client.end();
  await ended;
  // The other end has the FIN already; its ACK may still be under way.
  const states = () => auditSelf().connections.map(({ state }) => state);
  await until('ACK of the FIN', () => states().includes('finWait2'));
  t.like(connectionOn(auditSelf(), clientPort), { state: 'finWait2', verdict: 'lost' });
  t.like(connectionOn(auditSelf(), port), { state: 'closeWait', verdict: 'lost' });
});

test.serial('--listen leaves the other end and other ports out', async (t) => {
  const { port, clientPort } = await connectPair(t);
  const report = auditSelf({ listen: port });
  t.deepEqual(
    report.connections.map(({ local }) => local),
    [`127.0.0.1:${port}`],
  );
  t.deepEqual(
    report.listeners.map((listener) => listener.port),
    [port],
  );
  t.throws(() => connectionOn(report, clientPort));
});

test.serial(
  'what stays on this machine is counted, and left out unless it is asked for',
  async (t) => {
    const { port } = await connectPair(t);
    const report = auditSelf({ listen: port, all: false });
    t.deepEqual(report.connections, []);
    t.deepEqual(report.listeners, []);
    t.like(report.summary, { connections: 0, lost: 0, leftOut: 2 });
  },
);

test.serial('what is about to be gone is not counted as left out', async (t) => {
  const { port, accepted, client } = await connectPair(t);
  const closed = nextEvent(client, 'close');
  accepted.end();
  client.resume().end();
  await closed;
  const states = () => audit({ listen: port, all: true }, auditedMachine()).connections;
  await until('TIME_WAIT', () => states().some(({ state }) => state === 'timeWait'));
  t.is(audit({ listen: port }, auditedMachine()).summary.leftOut, 1);
});

test.serial('the summary counts what the list has', async (t) => {
  const { client } = await connectPair(t);
  await connectPair(t);
  keepWarm(client, warm);
  const { connections, summary } = auditSelf();
  t.is(summary.connections, connections.filter(({ verdict }) => verdict !== 'none').length);
  t.is(summary.on + summary.off + summary.unknown, summary.connections);
  t.is(summary.lost, connections.filter(({ verdict }) => verdict === 'lost').length);
  t.true(summary.on >= 1 && summary.off >= 3);
  t.true(summary.complete);
});

test.serial('an audit leaves no descriptor open', async (t) => {
  await connectPair(t);
  const before = openFds().length;
  auditSelf();
  t.is(openFds().length, before);
});

requires(command('ss', 'iproute2'))('ss tells the same timer', async (t) => {
  const { client, clientPort } = await connectPair(t);
  keepWarm(client, warm);
  const { timerLeft, inode, uid } = connectionOn(auditSelf(), clientPort);
  const theirs = (readKeepaliveTimer(`( sport = :${clientPort} )`) ?? 0) * 1000;
  const { timerLeft: later } = connectionOn(auditSelf(), clientPort);
  // However long that took; ss cuts a second off.
  t.true(theirs <= (timerLeft ?? 0) + 1000, `${theirs} ${timerLeft}`);
  t.true(theirs >= (later ?? 0) - 1000, `${theirs} ${later}`);
  const line = execFileSync('ss', ['-Htnoe', `( sport = :${clientPort} )`], {
    encoding: 'utf8',
    env: systemEnv,
  });
  t.regex(line, new RegExp(`\\bino:${inode}\\b`));
  if (uid !== 0) t.regex(line, new RegExp(`\\buid:${uid}\\b`));
});
