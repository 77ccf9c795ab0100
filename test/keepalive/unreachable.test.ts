// Unreachable: a router says by ICMP that the upstream can't be reached. The kernel keeps that in mind for data in flight
// and names it at the user timeout; in answer to a probe it is ignored, for a probe is outside of what is in flight
// (tcp_v4_err() in net/ipv4/tcp_ipv4.c).

import { busyEvidence, idleEvidence, survivorReset } from '../helpers/death.js';
import { lastHeard, openLabSession, saw, whatEachSaw } from '../helpers/lab_session.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

/** 1s/1s/2. */
const theory = 3000;

test('ICMP "unreachable" with data in flight names the death, and does not hasten it', async (t) => {
  const session = await openLabSession(t);
  session.laboratory.refuseToForward();
  session.peers.client.send(1000);
  const sent = await session.wire.upstream.next('data', ({ payload }) => payload === 1000);
  const reset = await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'Unreachable',
    evidence: busyEvidence(theory),
  });
  t.like(await session.warmline.event('sessionClosed'), { errno: 'EHOSTUNREACH' });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
  measured(t, {
    scenario: 'ICMP unreachable with data in flight',
    theory,
    measured: reset.at - sent.at,
    saw: whatEachSaw(session.peers),
  });
});

test('ICMP "unreachable" in answer to probes is ignored: the keepalive budget decides', async (t) => {
  const session = await openLabSession(t);
  session.laboratory.refuseToForward();
  const reset = await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'KeepaliveTimeout',
    evidence: idleEvidence([2, 2], theory),
  });
  await session.peers.client.next('error');
  measured(t, {
    scenario: 'ICMP unreachable in answer to probes',
    theory,
    measured: reset.at - lastHeard(session, 'upstream'),
    saw: whatEachSaw(session.peers),
  });
});
