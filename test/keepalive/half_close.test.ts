// Half-close: netfilter remembers a half-closed connection for a minute only, whatever it grants an established one. So
// once a session has been half-closed for a while, its legs are probed more often than their idle time says.
import { setTimeout as after } from 'node:timers/promises';
import { openLabSession, saw, whatEachSaw } from '../helpers/lab_session.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

for (const first of ['client', 'upstream'] as const) {
  const second = first === 'client' ? 'upstream' : 'client';

  test(`the ${first} finishes, and what the ${second} sends after the NAT's limit still arrives`, async (t) => {
    t.timeout(120_000);
    const session = await openLabSession(t, {
      keepalive: '{ idle: 60s, interval: 10s, count: 3 }',
      nat: { remembersHalfClosed: 30 },
    });
    const { peers, laboratory, warmline, wire } = session;
    peers[first].end();
    await peers[second].next('end');
    await after(45_000);
    t.truthy(laboratory.remembersFor());
    const times = wire.upstream.segments.map(({ at }) => at);
    const pauses = times.slice(1).map((at, index) => at - Number(times[index]));
    peers[second].send(1000);
    await peers[first].next('data', 1001);
    peers[second].end();
    await peers[first].next('end');
    t.is((await warmline.event('sessionClosed'))['reason'], `${first}Fin`);
    t.deepEqual(saw(peers[second]), { bytes: 1, end: 'FIN' });
    if (first === 'client') {
      measured(t, {
        scenario: 'half-closed and silent',
        theory: 20_000,
        measured: Math.max(...pauses),
        saw: whatEachSaw(peers),
      });
    }
  });
}
