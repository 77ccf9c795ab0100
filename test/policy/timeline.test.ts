// Timeline: when a dead peer is noticed. The cases with measured times stand in test/keepalive/.
import test from 'ava';
import type { Keepalive } from '../../src/keepalive/policy.js';
import {
  describeDetection,
  detection,
  dialLimit,
  formatKeepalive,
  packetsPerHour,
  probePeriod,
  timeline,
} from '../../src/keepalive/timeline.js';
import { readText } from '../helpers/repository.js';

test('an idle peer is declared dead after idle + interval × count', (t) => {
  t.is(detection(keepalive(1, 1, 3)).idle, 4000);
  t.is(detection(keepalive(5, 3, 3)).idle, 14_000);
});

test('a user timeout of idle + interval × count changes nothing while idle', (t) => {
  const without = detection(keepalive(60, 10, 3));
  const auto = detection(keepalive(60, 10, 3, 90_000));
  t.is(auto.idle, without.idle);
  t.is(auto.afterAnsweredProbe, without.afterAnsweredProbe);
});

test('a user timeout replaces the count: a long one probes on, a short one gives up early', (t) => {
  t.is(detection(keepalive(1, 1, 3, 10_000)).idle, 10_000);
  t.is(detection(keepalive(1, 1, 30, 500)).idle, 2000);
});

test('a user timeout is looked at when a probe is due, so it is rounded up to that', (t) => {
  t.is(detection(keepalive(60, 10, 3, 85_001)).idle, 90_000);
  t.is(detection(keepalive(60, 10, 3, 90_000)).idle, 90_000);
  t.is(detection(keepalive(60, 10, 3, 90_001)).idle, 100_000);
});

test('after an answered probe the next one waits for both idle and interval', (t) => {
  t.is(probePeriod(keepalive(2, 75, 9)), 75_000);
  t.is(probePeriod(keepalive(60, 10, 3)), 60_000);
  t.is(detection(keepalive(1, 3, 2)).idle, 7000);
  t.is(detection(keepalive(1, 3, 2)).afterAnsweredProbe, 9000);
  t.is(detection(keepalive(10, 60, 2, 130_000)).afterAnsweredProbe, 180_000);
});

test('with data in flight only the user timeout bounds the wait', (t) => {
  t.is(detection(keepalive(60, 10, 3)).busy, null);
  t.is(detection(keepalive(60, 10, 3, 20_000)).busy, 20_500);
});

test('the user timeout bounds connecting as well', (t) => {
  t.is(dialLimit(keepalive(60, 10, 3, 3000), 5000), 3000);
  t.is(dialLimit(keepalive(60, 10, 3, 90_000), 5000), 5000);
  t.is(dialLimit(keepalive(60, 10, 3), 5000), 5000);
  t.is(dialLimit(null, 5000), 5000);
});

test('a timeline has every time of a leg, and what probing costs', (t) => {
  t.deepEqual(timeline(keepalive(60, 10, 3, 90_000), 5000), {
    firstProbe: 60_000,
    lastProbe: 80_000,
    deadIdle: 90_000,
    deadAfterAnsweredProbe: 90_000,
    deadInFlight: 90_500,
    dialLimit: 5000,
    packetsPerHour: 120_000,
  });
  t.like(timeline(keepalive(10, 60, 2, 3000), 5000), {
    firstProbe: 10_000,
    lastProbe: 10_000,
    deadIdle: 70_000,
    deadAfterAnsweredProbe: 120_000,
    dialLimit: 3000,
  });
});

test('the client leg is not dialled', (t) => {
  t.is(timeline(keepalive(60, 10, 3, 90_000), null).dialLimit, null);
});

test('without a user timeout nothing ends a session with data in flight but the kernel', (t) => {
  t.is(timeline(keepalive(60, 10, 3), 5000).deadInFlight, null);
});

test('without keepalive nothing happens and nothing is sent, but a dial still ends', (t) => {
  const { dialLimit, packetsPerHour, ...times } = timeline(null, 5000);
  t.is(dialLimit, 5000);
  t.is(packetsPerHour, 0);
  t.deepEqual([...new Set(Object.values(times))], [null]);
});

test('a probe and its answer are two packets each probe period', (t) => {
  t.is(packetsPerHour(keepalive(60, 10, 3)), 120_000);
  t.is(packetsPerHour(keepalive(10, 60, 3)), 120_000);
  t.is(packetsPerHour(keepalive(7, 1, 3)), 1_028_571);
});

test('a keepalive is written the way the command line takes it', (t) => {
  t.is(formatKeepalive(keepalive(60, 10, 3, 90_000)), '60s/10s/3/90s');
  t.is(formatKeepalive(keepalive(60, 10, 3, 1500)), '60s/10s/3/1500ms');
  t.is(formatKeepalive(keepalive(60, 10, 3)), '60s/10s/3/off');
  t.is(formatKeepalive(null), 'off');
});

test('the times are told in words, the worst case while idle', (t) => {
  t.is(
    describeDetection(keepalive(60, 10, 3, 90_000)),
    'after about 90s idle, about 91s with data in flight',
  );
  t.is(
    describeDetection(keepalive(1, 3, 2)),
    'after about 9s idle, 13m to 30m with data in flight',
  );
  t.is(describeDetection(null), 'never while idle, 13m to 30m with data in flight');
});

test('the examples of docs/keepalive.md are what the formulas give', (t) => {
  const page = readText('docs/keepalive.md');
  const rows = [...page.matchAll(/^\| `(\d+)s\/(\d+)s\/(\d+)\/(\w+)` \| (.*) \| (.*) \|$/gm)];
  t.is(rows.length, 4);
  for (const [, idle, interval, count, userTimeout, idleWords, busyWords] of rows) {
    const [seconds, pause, probes] = [Number(idle), Number(interval), Number(count)];
    const timeout =
      userTimeout === 'auto' ? seconds + pause * probes : Number.parseInt(userTimeout ?? '', 10);
    const times = detection(keepalive(seconds, pause, probes, 1000 * (timeout || 0)));
    t.is(idleWords, inWords(times.idle, times.afterAnsweredProbe));
    t.is(busyWords, times.busy === null ? '13 to 30 minutes' : `${times.busy / 1000} s`);
  }
});

function inWords(idle: number, afterAnsweredProbe: number): string {
  const words = `${idle / 1000} s`;
  return idle === afterAnsweredProbe
    ? words
    : `${words}; ${afterAnsweredProbe / 1000} s after an answered probe`;
}

function keepalive(idle: number, interval: number, count: number, userTimeout = 0): Keepalive {
  return { idle, interval, count, userTimeout };
}
