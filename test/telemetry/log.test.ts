// What the log says of each event, how much of it, and what it says about what it left out.
import { constants } from 'node:os';
import test from 'ava';
import type { Timers } from '../../src/clock.js';
import { Engine } from '../../src/engine/engine.js';
import type { EngineEvent } from '../../src/engine/events.js';
import { logFields } from '../../src/telemetry/fields.js';
import { Log } from '../../src/telemetry/log.js';
import { FakeAddon } from '../helpers/fake_addon.js';
import { FakeTimers } from '../helpers/fake_timers.js';
import { MemoryOutput } from '../helpers/memory_output.js';
import { closedSession, keepalive } from '../helpers/plans.js';

const effective = { enabled: true, ...keepalive };

const dialFailed = {
  type: 'dialFailed',
  session: 2,
  route: 'db',
  endpoint: '127.0.0.1:1',
  reason: 'dialRefused',
  errno: constants.errno.ECONNREFUSED,
  syscall: 'connect',
  willRetry: true,
} as const;

const livenessChanged = {
  type: 'livenessChanged',
  session: 3,
  route: 'db',
  leg: 'upstream',
  client: '127.0.0.1:40000',
  upstream: '127.0.0.1:5432',
  state: 'suspect',
  lastAck: 61_000,
  payloadIdle: 3_600_000,
  probes: 1,
  retransmits: 0,
} as const;

const acceptPaused = {
  type: 'acceptPaused',
  route: 'db',
  errno: constants.errno.EMFILE,
  syscall: 'accept4',
} as const;

const acceptResumed = { type: 'acceptResumed', route: 'db', pausedFor: 100 } as const;

/** Of an engine that takes each event as soon as it is told, so that the log's time is the test's. */
const atOnce: Timers = {
  after: (_, action) => {
    action();
    return () => {};
  },
};

function start(options = { level: 'info', format: 'json' as 'json' | 'pretty', color: false }) {
  const timers = new FakeTimers();
  const output = new MemoryOutput();
  const log = new Log(options, output, timers, timers);
  const addon = new FakeAddon();
  log.watch(new Engine(addon, { workers: 1 }, atOnce));
  const tell = (...events: EngineEvent[]) => addon.engine.tell(...events);
  return { log, output, timers, tell };
}

test('every event of the engine is one line with the documented fields, in their order, and no other', (t) => {
  const { output, timers, tell } = start();
  tell(closedSession(), dialFailed, acceptPaused, acceptResumed);
  tell(livenessChanged, { ...livenessChanged, state: 'proven' });
  tell({
    type: 'keepaliveVerified',
    session: 1,
    route: 'db',
    worker: 0,
    client: effective,
    upstream: null,
  });
  tell({ type: 'dropped', count: 3 });
  timers.pass(1000);
  const events = output.records.map(({ event }) => event);
  t.deepEqual(events, [
    'sessionClosed',
    'dialFailed',
    'acceptPaused',
    'acceptResumed',
    'suspect',
    'proven',
    'keepaliveVerified',
    'eventsDropped',
  ]);
  for (const { level, time, event, ...fields } of output.records) {
    t.regex(String(level), /^(info|warn)$/);
    t.is(
      String(time).slice(0, 19),
      new Date(timers.now()).toISOString().slice(0, 11) + String(time).slice(11, 19),
    );
    t.deepEqual(Object.keys(fields), [...logFields[event as keyof typeof logFields]]);
  }
});

test('a session that ended well is info, one that did not is warn, with its leg and errno by name', (t) => {
  const { output, tell } = start();
  tell(closedSession());
  tell(
    closedSession({ reason: 'upstreamReset', errno: constants.errno.ECONNRESET, syscall: 'recv' }),
  );
  tell(closedSession({ reason: 'dialTimeout' }), closedSession({ reason: 'drained' }));
  const told = output.records.map(({ level, leg, errno }) => [level, leg, errno]);
  t.deepEqual(told, [
    ['info', 'client', ''],
    ['warn', 'upstream', 'ECONNRESET'],
    ['warn', 'upstream', ''],
    ['warn', 'none', ''],
  ]);
});

test('a line tells the keepalive of both legs as numbers, null where there is none', (t) => {
  const { output, tell } = start();
  tell(closedSession());
  const [line] = output.records;
  t.deepEqual(line?.['clientKeepalive'], keepalive);
  t.is(line?.['upstreamKeepalive'], null);
});

test('failed dials are ten lines a second a route, and the rest is counted', (t) => {
  const { output, timers, tell } = start();
  tell(...Array.from({ length: 25 }, () => dialFailed));
  tell({ ...dialFailed, route: 'other' });
  t.is(output.take('dialFailed').length, 11);
  timers.pass(1000);
  tell(dialFailed);
  const [line] = output.records;
  t.deepEqual([line?.['event'], line?.['rateLimit']], ['eventsDropped', 15]);
  t.is(output.take('dialFailed').length, 1);
});

test('a suspect leg is warn, a proven one info', (t) => {
  const { output, tell } = start();
  tell(livenessChanged, { ...livenessChanged, state: 'proven', probes: 0, lastAck: 20 });
  t.like(output.records, [
    { level: 'warn', event: 'suspect', leg: 'upstream', probes: 1, lastAck: 61_000 },
    { level: 'info', event: 'proven', leg: 'upstream', lastAck: 20 },
  ]);
});

test('legs that a path failure makes suspect by the hundred are ten lines a second a route', (t) => {
  const { output, timers, tell } = start();
  tell(...Array.from({ length: 300 }, () => livenessChanged));
  tell({ ...livenessChanged, route: 'other' });
  t.is(output.take('suspect').length, 11);
  timers.pass(1000);
  t.is(output.take('eventsDropped')[0]?.['rateLimit'], 290);
});

test('a failed leg brings its evidence, a session that ended well none', (t) => {
  const { output, tell } = start();
  const evidence = { probes: 3, retransmits: 0, notsent: 0, lastAck: 90_400 };
  tell(closedSession({ reason: 'upstreamKeepaliveTimeout', evidence }), closedSession());
  t.like(output.records, [{ evidence }, { evidence: null }]);
});

test('pauses of accepting are one line a second a route, each followed by its resume', (t) => {
  const { output, timers, tell } = start();
  for (let i = 0; i < 5; i++) tell(acceptPaused, acceptResumed);
  t.deepEqual(
    output.records.map(({ event }) => event),
    ['acceptPaused', 'acceptResumed'],
  );
  timers.pass(1000);
  t.is(output.take('eventsDropped')[0]?.['rateLimit'], 8);
});

test('what was dropped is told at most once a second', (t) => {
  const { output, timers, tell } = start();
  tell({ type: 'dropped', count: 3 });
  timers.pass(500);
  tell({ type: 'dropped', count: 4 });
  t.deepEqual(output.lines, []);
  timers.pass(500);
  const counts = { queueFull: 7, slowReader: 0, rateLimit: 0 };
  t.like(output.take('eventsDropped')[0], { level: 'warn', ...counts });
  timers.pass(10_000);
  t.deepEqual(output.lines, []);
});

test('a report that does not fit is told again with the next one', (t) => {
  const { output, timers, tell } = start();
  output.full = true;
  tell(closedSession(), { type: 'dropped', count: 2 });
  timers.pass(1000);
  output.full = false;
  timers.pass(1000);
  t.like(output.take('eventsDropped')[0], { queueFull: 2, slowReader: 2, rateLimit: 0 });
  t.is(timers.waiting, 0);
});

test('closing tells what was dropped without waiting for the second to pass', async (t) => {
  const { log, output, timers, tell } = start();
  tell({ type: 'dropped', count: 1 });
  await log.close(1000);
  t.is(output.take('eventsDropped').length, 1);
  t.is(timers.waiting, 0);
});

test('a flush makes room before it tells what was dropped', async (t) => {
  const { log, output, tell } = start();
  output.full = true;
  output.flush = () => {
    output.full = false;
    return Promise.resolve();
  };
  tell(closedSession());
  await log.flush(1000);
  t.like(output.take('eventsDropped')[0], { slowReader: 1 });
});

test('the level leaves out what is below it', (t) => {
  const { output, tell } = start({ level: 'warn', format: 'json', color: false });
  tell(closedSession(), closedSession({ reason: 'clientReset' }));
  t.deepEqual(
    output.records.map(({ reason }) => reason),
    ['clientReset'],
  );
});

test('the pretty format is one line an event, with its name in front', (t) => {
  const { output, tell } = start({ level: 'info', format: 'pretty', color: false });
  tell(closedSession(), dialFailed);
  t.is(output.lines.length, 2);
  t.regex(output.lines[0] ?? '', /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: sessionClosed \{"session":1,/);
  t.regex(output.lines[1] ?? '', /WARN: dialFailed /);
});
