// Mass death: 2,000 idle sessions lose their upstream at once. Each is torn down at its own time, every client is reset,
// and the relay is as it was before.
import { readdirSync, readFileSync } from 'node:fs';
import { connectCrowd, listenForCrowd } from '../helpers/crowd.js';
import { addresses, buildLaboratory } from '../helpers/laboratory.js';
import { earliest, latest, measured } from '../helpers/measured.js';
import { laboratoryNeeds, requires } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';
import { runConfig } from '../helpers/warmline.js';

const test = requires(...laboratoryNeeds);

const sessions = 2000;
/** 4s/1s/2. */
const theory = 6000;

test('2,000 idle sessions whose upstream vanishes are all reset in time, and nothing is left of them', async (t) => {
  const laboratory = await buildLaboratory(t);
  const { crowd: servers, port } = await listenForCrowd(t, laboratory.upstream, {
    host: addresses.upstream,
    count: sessions,
  });
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: ${addresses.relay}:0
    upstream: ${addresses.upstream}:${port}
    keepalive: { client: { idle: 60s }, upstream: { idle: 4s, interval: 1s, count: 2 } }
`,
    laboratory.relay.enter,
  );
  const listening = await warmline.listening();
  const before = footprint(warmline.pid);
  const clients = connectCrowd(t, laboratory.client, { ...listening, count: sessions });
  await servers.complete();
  t.is(footprint(warmline.pid).fds, before.fds + 2 * sessions);
  const spoke = await servers.speak();
  const heard = await clients.heard();
  laboratory.vanish('upstream');
  const reset = await clients.reset();

  t.is(reset.length, sessions);
  // The upstream spoke before the relay heard it, and the client heard it after.
  const sinceSpoken = reset.map((at, number) => at - Number(spoke[number]));
  const sinceHeard = reset.map((at, number) => at - Number(heard[number]));
  t.true(
    Math.min(...sinceSpoken) >= earliest(theory),
    `the first after ${Math.min(...sinceSpoken)} ms`,
  );
  t.true(Math.max(...sinceHeard) <= latest(theory), `the last after ${Math.max(...sinceHeard)} ms`);

  await until('log of every session', () => warmline.told('sessionClosed').length === sessions);
  const reasons = new Set(warmline.told('sessionClosed').map(({ reason }) => reason));
  t.deepEqual([...reasons], ['upstreamKeepaliveTimeout']);
  await until('return to the descriptors of before', () => {
    return footprint(warmline.pid).fds === before.fds;
  });
  const after = footprint(warmline.pid);
  // One buffer of a flow for each session would be 128 MB.
  t.true(
    after.megabytes - before.megabytes < 100,
    `${before.megabytes} MB, then ${after.megabytes}`,
  );
  t.log(
    `descriptors ${before.fds}, then ${after.fds}; ${before.megabytes} MB, then ${after.megabytes}`,
  );
  measured(t, {
    scenario: '2,000 sessions whose upstream vanishes',
    theory,
    measured: Math.max(...sinceSpoken),
    saw: 'every client RST, upstream nothing',
  });
});

/** What a process holds of the machine. */
function footprint(pid: number): { fds: number; megabytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1]);
  return { fds: readdirSync(`/proc/${pid}/fd`).length, megabytes: Math.round(kilobytes / 1024) };
}
