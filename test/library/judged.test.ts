// What TCP_INFO comes to: whether a peer is proven, and why a connection died of which nobody told.
import { constants } from 'node:os';
import test from 'ava';
import { errnoName } from '../../src/engine/errno.js';
import type { EffectiveKeepalive, TcpInfo } from '../../src/index.js';
import { judgeLiveness } from '../../src/library/liveness.js';
import { unsaidErrno } from '../../src/library/post_mortem.js';

const kept = { enabled: true, idle: 10, interval: 5, count: 3, userTimeout: 25_000 };
const calm = { probes: 0, retransmits: 0, notsent: 0, lastAck: 0, lastSent: 0 };

const looks: readonly (readonly [string, Partial<TcpInfo>, 'proven' | 'suspect'])[] = [
  ['silence', { lastAck: 3_600_000 }, 'proven'],
  ['a probe whose answer is on its way', { probes: 1, lastAck: 10_500 }, 'proven'],
  ['a probe without an answer for a second', { probes: 1, lastAck: 11_000 }, 'suspect'],
  ['two probes without an answer', { probes: 2, lastAck: 15_000 }, 'suspect'],
  ['a retransmission that has just left', { retransmits: 1, lastSent: 300 }, 'proven'],
  [
    'a retransmission without an answer for a second',
    { retransmits: 1, lastSent: 1000 },
    'suspect',
  ],
  ['several retransmissions', { retransmits: 2, lastSent: 100 }, 'suspect'],
  ['a probe of a closed window', { probes: 1, notsent: 5000, lastAck: 60_000 }, 'proven'],
  ['several probes of a closed window', { probes: 2, notsent: 5000 }, 'suspect'],
];

for (const [what, seen, state] of looks) {
  test(`${what} is ${state}`, (t) => {
    t.is(judgeLiveness({ ...calm, ...seen } as TcpInfo, kept), state);
  });
}

const { ETIMEDOUT, ECONNRESET } = constants.errno;

const unsaid: readonly (readonly [
  string,
  Partial<TcpInfo>,
  Partial<EffectiveKeepalive>,
  number,
])[] = [
  ['no probe', { lastAck: 60_000 }, {}, ECONNRESET],
  ['a probe that was answered by it', { probes: 3, lastAck: 20_100 }, {}, ECONNRESET],
  ['probes until the user timeout', { probes: 3, lastAck: 25_004 }, {}, ETIMEDOUT],
  ['probes until the count', { probes: 3, lastAck: 25_000 }, { userTimeout: 0 }, ETIMEDOUT],
  ['data until the user timeout', { retransmits: 6, lastAck: 25_300 }, {}, ETIMEDOUT],
];

for (const [what, seen, has, errno] of unsaid) {
  test(`a death that nobody told, after ${what}, is ${errnoName(errno)}`, (t) => {
    const info = { ...calm, ...seen } as TcpInfo;
    t.is(unsaidErrno({ info, keepalive: { ...kept, ...has } }), errno);
  });
}
