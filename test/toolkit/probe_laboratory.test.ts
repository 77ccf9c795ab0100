// The laboratory: a real NAT that forgets, and the command that finds after how long.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Seconds } from '../../src/units.js';
import { resetWhenIdle } from '../helpers/active_box.js';
import { addresses, buildLaboratory, type NatManner } from '../helpers/laboratory.js';
import { startProbe } from '../helpers/probe_run.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { startSilentServer } from '../helpers/silent_server.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requiresConcurrently(...laboratoryNeeds);

/** What a probe may take, on a busy machine. */
const limit = 240_000;

/** A server behind a NAT, and where to probe from. */
async function build(t: ExecutionContext, nat: NatManner, closesAfter: Seconds = 0) {
  t.timeout(limit);
  const laboratory = await buildLaboratory(t, nat);
  const { upstream } = addresses;
  const server = await startSilentServer(t, laboratory.upstream, upstream, closesAfter * 1000);
  return { laboratory, server, target: `${upstream}:${server.port}` };
}

async function find(t: ExecutionContext, nat: NatManner, args: readonly string[], closesAfter = 0) {
  const { laboratory, target } = await build(t, nat, closesAfter);
  const { outcome } = startProbe(t, [target, '--json', ...args], laboratory.relay.enter);
  const { code, stdout, stderr } = await outcome;
  t.log(stderr);
  t.is(code, 0, stderr);
  return JSON.parse(stdout);
}

// The longest first: they run side by side, but are built one after the other.
for (const remembers of [23, 11, 5]) {
  for (const onExpiry of ['drop', 'reset'] as const) {
    test(`a NAT that forgets after ${remembers} s and answers with a ${onExpiry} is measured`, async (t) => {
      const nat = onExpiry === 'reset' ? { remembers, answers: onExpiry } : { remembers };
      const found = await find(t, nat, ['--min', '3s', '--max', '40s']);
      const { remembered, forgotten, took } = found;
      t.log(`limit ${remembers} s: ${remembered} to ${forgotten} ms, took ${took} ms`);
      t.like(found, { end: 'done', kind: 'limit', onExpiry, confidence: 'confirmed' });
      t.true(remembered <= remembers * 1000 + 100, `remembered ${remembered}`);
      t.true(forgotten >= remembers * 1000 - 100, `forgotten ${forgotten}`);
      t.true(forgotten - remembered <= Math.max(1000, forgotten / 20));
      t.is(found.natTimeout, Math.floor(remembered / 1000));
      t.true(found.keepalive.idle * 3 <= remembers);
    });
  }
}

test('a server that closes what is idle is told from a NAT, and probes do not prevent it', async (t) => {
  const found = await find(t, {}, ['--min', '2s', '--max', '20s'], 8);
  t.like(found, { end: 'done', kind: 'closing', confidence: 'confirmed', forgotten: null });
  t.like(found.closing, { by: 'fin', confirmed: true, preventedByProbes: false });
  t.true(found.closing.after >= 7900 && found.closing.after < 10_000, `${found.closing.after}`);
});

test('a box that resets what is idle is told from a server, for probes prevent it', async (t) => {
  const remembers = 60;
  const { laboratory, server, target } = await build(t, { remembers });
  resetWhenIdle(t, laboratory, { port: server.port, idle: 6, remembers });
  const args = [target, '--json', '--min', '2s', '--max', '20s'];
  const { code, stdout, stderr } = await startProbe(t, args, laboratory.relay.enter).outcome;
  t.is(code, 0, stderr);
  const { kind, closing, natTimeout } = JSON.parse(stdout);
  t.is(kind, 'closing', stderr);
  t.like(closing, { by: 'reset', confirmed: true, preventedByProbes: true }, stderr);
  t.true(natTimeout >= 5 && natTimeout <= 10, `${natTimeout}`);
});

test('a path without a limit is one', async (t) => {
  const found = await find(t, {}, ['--max', '10s']);
  t.like(found, { kind: 'none', confidence: 'confirmed', forgotten: null, onExpiry: null });
  t.true(found.remembered >= 10_000);
});

test('a NAT that picks connections up again has no limit that could be seen from inside', async (t) => {
  const { laboratory, target } = await build(t, { remembers: 4 });
  laboratory.nat.run('sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=1');
  const args = [target, '--json', '--max', '9s'];
  const { code, stdout } = await startProbe(t, args, laboratory.relay.enter).outcome;
  t.is(code, 0);
  t.like(JSON.parse(stdout), { kind: 'none', confidence: 'confirmed' });
});

test('a server that goes away is not a NAT that forgets', async (t) => {
  const { laboratory, target } = await build(t, {});
  const args = [target, '--json', '--min', '2s', '--max', '12s'];
  const { outcome, told } = startProbe(t, args, laboratory.relay.enter);
  await told('alive');
  laboratory.vanish('upstream');
  const { code, stdout } = await outcome;
  t.is(code, 1);
  t.like(JSON.parse(stdout), { end: 'stuck', kind: 'unknown', forgotten: null });
});

test('a signal ends it with what is known, and a state file takes it up again', async (t) => {
  const { laboratory, target } = await build(t, { remembers: 5, answers: 'reset' });
  const state = join(temporaryFolder(t), 'probe.json');
  const args = [target, '--json', '--min', '2s', '--max', '20s', '--state', state];
  const start = () => startProbe(t, args, laboratory.relay.enter);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const run = start();
    // Whatever its number is: on a busy machine the run before may have learnt something from its second round.
    await run.told('idle times in between');
    run.child.kill(signal);
    const { code, stdout } = await run.outcome;
    t.is(code, 1);
    t.like(JSON.parse(stdout), { end: 'stopped', kind: 'limit', confidence: 'unconfirmed' });
  }
  const { measurements } = JSON.parse(readFileSync(state, 'utf8'));
  const last = await start().outcome;
  t.is(last.code, 0, last.stderr);
  t.notRegex(last.stderr, /growing idle times/);
  const found = JSON.parse(last.stdout);
  t.like(found, { end: 'done', kind: 'limit', onExpiry: 'reset', confidence: 'confirmed' });
  t.deepEqual(found.measurements.slice(0, measurements.length), measurements);
});
