// Reboot: an upstream that lost power and came back knows nothing of the connection, and says so to the first probe.

import { idleEvidence, survivorReset } from '../helpers/death.js';
import { lastHeard, openLabSession, saw, whatEachSaw } from '../helpers/lab_session.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

test('the upstream reboots: its answer to the first probe is a reset, and named so', async (t) => {
  const session = await openLabSession(t, { keepalive: '{ idle: 3s, interval: 1s, count: 4 }' });
  await session.laboratory.reboot(session.peers.upstream);
  const reset = await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'ResetAfterProbe',
    evidence: idleEvidence([1, 1], 3000),
  });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.client), { bytes: 1, end: 'RST' });
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
  measured(t, {
    scenario: 'the upstream reboots',
    theory: 3000,
    measured: reset.at - lastHeard(session, 'upstream'),
    saw: whatEachSaw(session.peers),
  });
});

test('the upstream reboots: what is sent then is answered by a plain reset', async (t) => {
  const session = await openLabSession(t, { keepalive: '{ idle: 60s }' });
  await session.laboratory.reboot(session.peers.upstream);
  session.peers.client.send(1000);
  await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'Reset',
    evidence: { ...idleEvidence([0, 0], 0), lastAck: [0, 60_000] },
  });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.client), { bytes: 1, end: 'RST' });
});
