// One-sided: keepalive on one leg only. The death of that leg's peer is noticed and ends the other leg; the other one's
// is not, and both stay.
import { setTimeout as after } from 'node:timers/promises';
import { idleEvidence, survivorReset } from '../helpers/death.js';
import {
  lastHeard,
  openLabSession,
  otherLeg,
  saw,
  vanishAfterLastWord,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

for (const leg of ['upstream', 'client'] as const) {
  const other = otherLeg(leg);
  const keepalive = `{ ${leg}: { idle: 1s, interval: 1s, count: 2 }, ${other}: off }`;

  test(`keepalive on the ${leg} leg only: the ${leg} vanishes, and the ${other} is reset`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, leg);
    const reset = await survivorReset(t, session, {
      leg,
      reason: 'KeepaliveTimeout',
      evidence: idleEvidence([2, 2], 3000),
    });
    await session.peers[other].next('error');
    t.deepEqual(saw(session.peers[other]), { bytes: 2, end: 'RST' });
    measured(t, {
      scenario: `keepalive on the ${leg} leg only`,
      theory: 3000,
      measured: reset.at - lastHeard(session, leg),
      saw: whatEachSaw(session.peers),
    });
  });

  test(`keepalive on the ${leg} leg only: the ${other} vanishes, and nobody notices`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, other);
    const vanished = Date.now();
    // Three times what the leg with keepalive would have taken.
    await after(9000);
    t.deepEqual(session.warmline.told('sessionClosed'), []);
    t.is(saw(session.peers[leg]).end, 'nothing');
    t.is(countEstablished(session), 2);
    const said = session.wire[other].segments.filter(({ at }) => at > vanished + 500);
    t.deepEqual(said, [], 'no probe on the leg without keepalive');
    const answers = session.wire[leg].segments.filter(
      ({ at, isOurs }) => at > vanished + 500 && !isOurs,
    );
    t.true(answers.length >= 6, `${answers.length} answered probes on the other`);
  });
}

function countEstablished({ laboratory }: Awaited<ReturnType<typeof openLabSession>>): number {
  const listed = laboratory.relay.run('ss', '-Htn', 'state', 'established').trim();
  return listed.split('\n').filter(Boolean).length;
}
