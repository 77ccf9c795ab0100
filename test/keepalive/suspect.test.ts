// Suspect: a leg whose peer has stopped answering is told before it is declared dead; and when the path comes back in
// time, that is told too, and nothing dies.
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Milliseconds } from '../../src/units.js';
import {
  exchange,
  type LabSession,
  lastHeard,
  openLabSession,
  otherLeg,
  vanishAfterLastWord,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { earliest, latest, measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import type { LogLine } from '../helpers/warmline.js';

const test = requiresConcurrently(...laboratoryNeeds);

/** Death after 13 s: the path comes back before. */
const keepalive = '{ idle: 1s, interval: 1s, count: 12 }';
/** How often a worker with few sessions looks, and how long a suspect must be without trouble. */
const look: Milliseconds = 1000;
const calm: Milliseconds = 5000;

for (const leg of ['upstream', 'client'] as const) {
  test(`the ${leg} is out of reach while idle: its leg is suspect, then proven, and lives`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, leg);
    const suspect = await told(t, session, 'suspect', leg);
    const heard = lastHeard(session, leg);
    t.true(Number(suspect['probes']) >= 1, `${suspect['probes']} probes`);
    t.is(suspect['retransmits'], 0);
    t.true(Number(suspect['lastAck']) >= earliest(1000 + look), `${suspect['lastAck']} ms`);
    t.true(Number(suspect['payloadIdle']) >= Number(suspect['lastAck']) - look);
    await comesBack(t, session, leg);
    measured(t, {
      scenario: `${leg} out of reach for a while`,
      theory: 1000 + look,
      late: look,
      measured: timeOf(suspect) - heard,
      saw: whatEachSaw(session.peers),
    });
  });
}

test('the upstream is out of reach with data in flight: suspect, then proven, and nothing is lost', async (t) => {
  const session = await openLabSession(t, { keepalive });
  await vanishAfterLastWord(session, 'upstream');
  session.peers.client.send(1000);
  const suspect = await told(t, session, 'suspect', 'upstream');
  t.is(suspect['probes'], 0);
  t.true(Number(suspect['retransmits']) >= 1, `${suspect['retransmits']} retransmissions`);
  await comesBack(t, session, 'upstream');
  await session.peers.upstream.next('data', 1001);
});

/** Undoes `vanish`, waits until the leg is proven, and lets both sides speak. */
async function comesBack(t: ExecutionContext, session: LabSession, leg: LegName): Promise<void> {
  session.laboratory.reappear(leg);
  const back = Date.now();
  const { at } = await session.wire[leg].next('answer', (s) => !s.isOurs && s.at > back - look);
  const proven = await told(t, session, 'proven', leg);
  const calmed = timeOf(proven) - at;
  // The last trouble was seen at the look before the answer.
  t.true(calmed >= calm - look - 200 && calmed <= latest(calm) + look, `after ${calmed} ms`);
  t.true(Number(proven['lastAck']) <= latest(1000), `${proven['lastAck']} ms`);
  await exchange(session.peers, 1000);
  t.is(session.warmline.told('suspect').length, 1);
  t.deepEqual(session.warmline.told('sessionClosed'), []);
}

/** A line about this leg and no other. */
async function told(
  t: ExecutionContext,
  { warmline }: LabSession,
  event: 'suspect' | 'proven',
  leg: LegName,
): Promise<LogLine> {
  const line = await warmline.event(event);
  t.like(line, { level: event === 'suspect' ? 'warn' : 'info', route: 'main', leg });
  t.is(warmline.told(event).length, 1, `nothing of the ${otherLeg(leg)}`);
  return line;
}

function timeOf({ time }: LogLine): Milliseconds {
  return Date.parse(String(time));
}
