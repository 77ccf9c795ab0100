// Mass death: 2,000 idle sessions lose their upstream at once. Each is torn down at its own time, every client is reset,
// and the relay is as it was before; a second time it takes no memory besides.
import { readdirSync, readFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { type Crowd, connectCrowd, listenForCrowd, type Times } from '../helpers/crowd.js';
import { addresses, buildLaboratory, type Laboratory } from '../helpers/laboratory.js';
import { earliest, latest, measured } from '../helpers/measured.js';
import { laboratoryNeeds, requires } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';
import { runConfig, type Warmline } from '../helpers/warmline.js';

const test = requires(...laboratoryNeeds);

const sessions = 2000;
/** 4s/1s/2. */
const theory = 6000;
/**
 * How many megabytes a second wave may keep. A buffer for each session would be 128; JavaScript's heap moves by 10, and
 * AddressSanitizer, which keeps back what was freed, by 25.
 */
const growth = 64;

test('2,000 idle sessions whose upstream vanishes are all reset in time, and nothing is left of them', async (t) => {
  t.timeout(60_000);
  const laboratory = await buildLaboratory(t);
  const host = addresses.upstream;
  const crowd = { host, count: sessions };
  const first = await listenForCrowd(t, laboratory.upstream, crowd);
  const second = await listenForCrowd(t, laboratory.upstream, crowd);
  const warmline = runConfig(
    t,
    `defaults:
  keepalive: { client: { idle: 60s }, upstream: { idle: 4s, interval: 1s, count: 2 } }
routes:
  - { name: first, listen: '${addresses.relay}:0', upstream: '${host}:${first.port}' }
  - { name: second, listen: '${addresses.relay}:0', upstream: '${host}:${second.port}' }
`,
    laboratory.relay.enter,
  );
  const wave: Wave = { t, laboratory, warmline };
  await warmline.listening('second');
  const before = footprint(warmline.pid);

  const { spoke, heard, reset } = await die(wave, 'first', first.crowd);
  // The upstream spoke before the relay heard it, and the client heard it after.
  const sinceSpoken = reset.map((at, number) => at - Number(spoke[number]));
  const sinceHeard = reset.map((at, number) => at - Number(heard[number]));
  const [earliestReset, latestReset] = [Math.min(...sinceSpoken), Math.max(...sinceHeard)];
  t.true(earliestReset >= earliest(theory), `the first after ${earliestReset} ms`);
  t.true(latestReset <= latest(theory), `the last after ${latestReset} ms`);
  measured(t, {
    scenario: '2,000 sessions whose upstream vanishes',
    theory,
    measured: Math.max(...sinceSpoken),
    saw: 'every client RST, upstream nothing',
  });

  const once = footprint(warmline.pid);
  laboratory.reappear('upstream');
  await die(wave, 'second', second.crowd);
  const twice = footprint(warmline.pid);
  t.deepEqual([once.fds, twice.fds], [before.fds, before.fds]);
  const said = `${before.megabytes} MB, ${once.megabytes} after one wave, ${twice.megabytes} after two`;
  // What the first one took from the machine serves the second.
  t.true(twice.megabytes - once.megabytes <= growth, said);
  t.log(said);
});

interface Wave {
  readonly t: ExecutionContext;
  readonly laboratory: Laboratory;
  readonly warmline: Warmline;
}

/** Fills a route with sessions and lets their upstream vanish; resolves when no descriptor is left of them. */
async function die(
  { t, laboratory, warmline }: Wave,
  route: string,
  servers: Crowd,
): Promise<Record<'spoke' | 'heard' | 'reset', Times>> {
  const { fds } = footprint(warmline.pid);
  const listening = await warmline.listening(route);
  const clients = connectCrowd(t, laboratory.client, { ...listening, count: sessions });
  await servers.complete();
  t.is(footprint(warmline.pid).fds, fds + 2 * sessions);
  const spoke = await servers.speak();
  const heard = await clients.heard();
  laboratory.vanish('upstream');
  const reset = await clients.reset();
  t.is(reset.length, sessions);
  const ends = () => warmline.told('sessionClosed').filter((end) => end['route'] === route);
  await until('log of every session', () => ends().length === sessions);
  t.deepEqual([...new Set(ends().map(({ reason }) => reason))], ['upstreamKeepaliveTimeout']);
  await until('return to the descriptors of before', () => footprint(warmline.pid).fds === fds);
  return { spoke, heard, reset };
}

/** What a process holds of the machine. */
function footprint(pid: number): { fds: number; megabytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1]);
  return { fds: readdirSync(`/proc/${pid}/fd`).length, megabytes: Math.round(kilobytes / 1024) };
}
