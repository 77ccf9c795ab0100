// Slow peer: one that does not read for longer than the user timeout, but whose kernel answers, is slow and not dead.
// TCP_USER_TIMEOUT alone would kill it.
import { setTimeout as after } from 'node:timers/promises';
import { farHost, openFarSession } from '../helpers/far_session.js';
import { requires } from '../helpers/requires.js';

const test = requires(...farHost);

const payload = 30_000_000;

for (const leg of ['upstream', 'client'] as const) {
  test(`the ${leg} does not read for twice the user timeout and then gets everything`, async (t) => {
    const { near, far } = await openFarSession(t, leg);
    far.send(1);
    await near.next('data', 1);
    far.read(false);
    near.send(payload);
    await after(7000);
    far.read(true);
    await far.next('data', payload);
    far.send(1);
    await near.next('data', 2);
    t.pass();
  });

  test(`the ${leg} does not read and then vanishes: window probes tell`, async (t) => {
    const { network, warmline, near, far } = await openFarSession(t, leg);
    far.send(1);
    await near.next('data', 1);
    far.read(false);
    near.send(payload);
    await after(5000);
    network.vanish();
    const { value } = await near.next('error');
    t.is(value, 'ECONNRESET');
    t.like(await warmline.event('sessionClosed'), { reason: `${leg}ZeroWindowTimeout` });
  });
}
