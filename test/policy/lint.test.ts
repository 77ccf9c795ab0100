// Lint: what is allowed and yet unwise, in whole sentences.
import test from 'ava';
import fc from 'fast-check';
import { deriveKeepalive } from '../../src/keepalive/intent.js';
import {
  findLoss,
  type LintCode,
  lintCodes,
  lintLeg,
  mostPackets,
} from '../../src/keepalive/lint.js';
import { type Intent, type Keepalive, mergeKeepalive } from '../../src/keepalive/policy.js';
import { type PresetName, presetNames, presets } from '../../src/keepalive/presets.js';
import { readTable, readText } from '../helpers/repository.js';

test('the built-in values are wise, and so are those beside a box that they keep warm', (t) => {
  t.deepEqual(lintLeg(keepalive(60, 10, 3), {}), []);
  t.deepEqual(lintLeg(keepalive(60, 10, 3), { preset: 'meraki', natTimeout: 300 }), []);
  t.deepEqual(lintLeg(keepalive(60, 10, 3, 0), {}), []);
});

test('a leg without keepalive never notices a dead peer while idle', (t) => {
  const [lint, ...others] = lintLeg(null, {});
  t.is(lint?.code, 'keepaliveOff');
  t.deepEqual(others, []);
});

test('a leg is lost by the lints that say so, and by no other', (t) => {
  const behind = { preset: 'aws-nlb-tcp', natTimeout: 350 } as const;
  t.is(findLoss(null, behind)?.code, 'keepaliveOff');
  t.is(findLoss(keepalive(312, 10, 3), behind)?.code, 'natForgets');
  t.is(findLoss(keepalive(311, 10, 3, 20_000), behind), undefined);
  const payload = { preset: 'aws-classic-lb', natTimeout: 60 } as const;
  t.is(findLoss(keepalive(10, 10, 3), payload)?.code, 'payloadOnlyBox');
});

test('a user timeout below idle leaves one probe, and that is all that is said of it', (t) => {
  t.deepEqual(lintLeg(keepalive(30, 5, 2, 20_000), {}), [
    {
      code: 'userTimeoutBelowIdle',
      message:
        'the user timeout of 20s has passed before the first probe at 30s, so one probe without an answer ends the ' +
        'session, after 35s; leave userTimeout out, which makes it 40s',
    },
  ]);
});

test('a user timeout decides in place of the count, both ways', (t) => {
  t.deepEqual(lintLeg(keepalive(60, 10, 3, 300_000), {}), [
    {
      code: 'userTimeoutOverridesCount',
      message:
        'the user timeout of 5m is more than idle + interval × count, 90s, and decides in place of the count: ' +
        'probes are 24 in place of 3, and a dead peer is noticed after 5m; leave userTimeout out, which makes it 90s',
    },
  ]);
  t.regex(
    onlyMessage(keepalive(60, 10, 3, 60_000)),
    /timeout of 1m is less than .* 1 in place of 3, .* 70s;/,
  );
  t.regex(
    onlyMessage(keepalive(60, 10, 3, 85_000)),
    /85s is less than .* 3 as before, .* after 90s;/,
  );
});

test('a user timeout that is what auto gives says nothing, also where auto is capped', (t) => {
  t.deepEqual(codes(keepalive(60, 10, 3, 90_000)), []);
  t.deepEqual(codes(keepalive(32_767, 32_767, 127, 2_147_483_647)), []);
});

test('a deadAfter with the user timeout off holds only while idle', (t) => {
  t.deepEqual(codes(keepalive(60, 10, 3, 0), { deadAfter: 90 }), ['deadAfterIdleOnly']);
  t.deepEqual(codes(keepalive(60, 10, 3, 0), { natTimeout: 240 }), []);
});

test('a NAT forgets when probes, with their lateness, are not sooner than its limit', (t) => {
  const nat = (natTimeout: number) => codes(keepalive(80, 10, 3), { natTimeout });
  t.deepEqual(nat(91), []);
  t.deepEqual(nat(90), ['natForgets']);
  t.deepEqual(codes(keepalive(10, 80, 3), { natTimeout: 90 }), ['natForgets']);
  t.is(
    onlyMessage(keepalive(220, 10, 3), { preset: 'azure-nat-gateway', natTimeout: 240 }),
    'a live peer is probed each 220s, up to 247.5s as timers are late, and azure-nat-gateway forgets after 240s; ' +
      'make idle and interval at most 80s',
  );
});

test('a box that looks at payload only is not kept warm by probes, however many', (t) => {
  const intent = { preset: 'aws-classic-lb', natTimeout: 60 } as const;
  t.deepEqual(codes(keepalive(20, 10, 7), intent), ['payloadOnlyBox']);
  t.deepEqual(codes(keepalive(60, 10, 3), intent), ['payloadOnlyBox']);
});

test('a natTimeout that the box cannot be set to is told', (t) => {
  const of = (preset: PresetName, natTimeout: number) =>
    codes(keepalive(20, 10, 7), { preset, natTimeout });
  t.deepEqual(of('aws-nat-gateway', 350), []);
  t.deepEqual(of('aws-nat-gateway', 351), ['presetRange']);
  t.deepEqual(of('aws-nlb-tcp', 60), []);
  t.deepEqual(of('aws-nlb-tcp', 59), ['presetRange']);
  t.deepEqual(of('aws-nlb-tcp', 6000), []);
  t.deepEqual(of('aws-nlb-tcp', 6001), ['presetRange']);
  t.deepEqual(of('linux-netfilter', 60), []);
});

test('more than a probe each 10 s is costly', (t) => {
  t.is(mostPackets, 720_000);
  t.deepEqual(codes(keepalive(10, 5, 2)), []);
  t.deepEqual(codes(keepalive(9, 3, 3)), ['probesCostly']);
  t.regex(
    onlyMessage(keepalive(5, 2, 5)),
    /cost 1,440,000 packets .* more than 720,000; make idle at least 10s/,
  );
  const message = onlyMessage(keepalive(5, 2, 5), { natTimeout: 15 });
  t.regex(message, /set the box to remember at least 30s$/);
});

test('what is derived is wise, apart from what the intent itself asks for', (t) => {
  const intents = fc.record(
    {
      preset: fc.constantFrom(
        ...presetNames.filter((name) => presets[name].refreshedBy === 'packets'),
      ),
      deadAfter: fc.integer({ min: 16, max: 100_000 }),
    },
    { requiredKeys: [] },
  );
  const holds = fc.property(intents, (settings) => {
    const asked = mergeKeepalive([settings]);
    const derivation = asked && deriveKeepalive(asked);
    return (
      derivation?.ok === true && lintLeg(derivation.keepalive, asked?.intent ?? {}).length === 0
    );
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 1000 }));
});

test('a user timeout has at most one lint that is about it, for any leg', (t) => {
  const second = fc.integer({ min: 1, max: 1000 });
  const holds = fc.property(
    second,
    second,
    fc.integer({ min: 1, max: 127 }),
    fc.nat(),
    (...values) => {
      const found = lintLeg(keepalive(...values), {}).filter(({ code }) =>
        code.startsWith('userTimeout'),
      );
      return found.length <= 1;
    },
  );
  t.notThrows(() => fc.assert(holds));
});

test('docs/keepalive.md has each code once, in the order in which they are told', (t) => {
  const section = readText('docs/keepalive.md').split('## What check warns of')[1] ?? '';
  const named = readTable(section, 'code').flatMap(([names = []]) => names);
  t.deepEqual(named, [...lintCodes]);
});

function codes(keepalive: Keepalive, intent: Intent = {}): LintCode[] {
  return lintLeg(keepalive, intent).map(({ code }) => code);
}

function onlyMessage(keepalive: Keepalive, intent: Intent = {}): string {
  const [lint, ...others] = lintLeg(keepalive, intent);
  if (lint === undefined || others.length > 0) throw new Error('expected one lint');
  return lint.message;
}

function keepalive(
  idle: number,
  interval: number,
  count: number,
  userTimeout = (idle + interval * count) * 1000,
): Keepalive {
  return { idle, interval, count, userTimeout: Math.min(userTimeout, 2_147_483_647) };
}
