// Audit, listeners: what will be accepted inherits what the listener has, and what was accepted bears witness.
import { boxOf } from '../../src/toolkit/audit/box.js';
import { auditSelf, connectPair, keepWarm, listenerOn } from '../helpers/audited.js';
import { test } from '../helpers/steady.js';

const warm = { idle: 100, interval: 20, count: 4, userTimeout: 0 };

test.serial('a listener without keepalive whose connections have none is found', async (t) => {
  const { port } = await connectPair(t);
  t.like(listenerOn(auditSelf(), port), {
    keepalive: 'off',
    accepted: { on: 0, off: 1, unknown: 0 },
    verdict: 'lost',
    code: 'keepaliveOff',
    why: 'inherits none; accepted ones now: 0 with, 1 without',
  });
});

test.serial('a program that sets it after accept is found fine', async (t) => {
  const { port, accepted } = await connectPair(t);
  keepWarm(accepted, warm);
  t.like(listenerOn(auditSelf(), port), {
    keepalive: 'off',
    accepted: { on: 1, off: 0, unknown: 0 },
    verdict: 'fine',
    why: 'inherits none; accepted ones now: 1 with, 0 without',
  });
});

test.serial('a listener with keepalive hands it on', async (t) => {
  const { port } = await connectPair(t, { inherited: warm });
  t.like(listenerOn(auditSelf({ box: boxOf('aws-nat-gateway') }), port), {
    keepalive: 'on',
    values: warm,
    accepted: { on: 1, off: 0, unknown: 0 },
    verdict: 'fine',
  });
});

test.serial(
  'one without keepalive that has accepted nobody yet is not known to be wrong',
  async (t) => {
    const { port, client, accepted } = await connectPair(t);
    client.destroy();
    accepted.destroy();
    await new Promise((resolve) => accepted.once('close', resolve));
    t.like(listenerOn(auditSelf(), port), { verdict: 'unknown', code: 'keepaliveOff' });
    t.regex(listenerOn(auditSelf(), port).why, /unless the program sets it after accept/);
  },
);

test.serial(
  'inherited times that are too long for the box are found before anybody connects',
  async (t) => {
    const { port, client, accepted } = await connectPair(t, { inherited: { ...warm, idle: 400 } });
    client.destroy();
    accepted.destroy();
    await new Promise((resolve) => accepted.once('close', resolve));
    const listener = listenerOn(auditSelf({ box: boxOf('aws-nat-gateway') }), port);
    t.like(listener, { verdict: 'lost', code: 'natForgets' });
  },
);
