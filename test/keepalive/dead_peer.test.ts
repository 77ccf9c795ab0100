// Dead peer: a peer that vanishes without a word is noticed in the time that keepalive promises, and the other side
// gets a reset, never a clean end. Real network namespaces and the kernel's own timers.
import { setTimeout as after } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Milliseconds } from '../../src/units.js';
import { type FarSession, farHost, openFarSession } from '../helpers/far_session.js';
import { requires } from '../helpers/requires.js';

const test = requires(...farHost);

for (const leg of ['upstream', 'client'] as const) {
  test(`the ${leg} vanishes while idle: the other side is reset in time`, async (t) => {
    const session = await openFarSession(t, leg);
    const spoke = await session.lastWord();
    await checkDeath(t, session, spoke, `${leg}KeepaliveTimeout`);
  });

  test(`the ${leg} vanishes after the other side has finished sending: the session is freed`, async (t) => {
    const session = await openFarSession(t, leg);
    session.near.end();
    await session.far.next('end');
    const spoke = await session.lastWord();
    await checkDeath(t, session, spoke, `${leg}KeepaliveTimeout`);
  });

  test(`the ${leg} vanishes after it has finished sending: the session is freed`, async (t) => {
    const session = await openFarSession(t, leg);
    const spoke = Date.now();
    session.far.end();
    await session.near.next('end');
    session.network.vanish();
    // The near side has read the end and reads no more, so the log has to tell.
    const { reason, time } = await session.warmline.event('sessionClosed');
    t.is(reason, `${leg}KeepaliveTimeout`);
    checkWaited(t, Date.parse(String(time)) - spoke);
  });

  test(`the ${leg} vanishes with data on the way to it: the user timeout ends it in time`, async (t) => {
    const session = await openFarSession(t, leg);
    await session.lastWord();
    const spoke = Date.now();
    session.near.send(1000);
    await checkDeath(t, session, spoke, `${leg}UserTimeout`);
  });

  test(`the ${leg} is out of reach for less than that: nothing is lost`, async (t) => {
    const { network, near, far, lastWord } = await openFarSession(t, leg);
    await lastWord();
    near.send(1000);
    await after(1500);
    network.reappear();
    await far.next('data', 1000);
    far.send(1000);
    await near.next('data', 1001);
    t.pass();
  });
}

/** The near side is reset, not ended. */
async function checkDeath(
  t: ExecutionContext,
  { near, warmline }: FarSession,
  spoke: Milliseconds,
  reason: string,
): Promise<void> {
  const reset = await near.next('error');
  t.is(reset.value, 'ECONNRESET');
  t.like(await warmline.event('sessionClosed'), { reason });
  checkWaited(t, reset.at - spoke);
}

/** Never early; late by the kernel's timer wheel (an eighth) and a busy machine at most. */
function checkWaited(t: ExecutionContext, waited: Milliseconds): void {
  const budget: Milliseconds = 3000;
  t.true(waited >= budget && waited <= budget * 1.125 + 1000, `dead after ${waited} ms`);
  t.log(`dead after ${waited} ms of ${budget}`);
}
