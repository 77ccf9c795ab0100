// Measured: the laboratory's scenarios, each held against what the kernel's rules foretell. `npm run lab` collects them
// into docs/keepalive.md.
import { appendFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import type { Milliseconds } from '../../src/units.js';

/** Every scenario, in the order of the table, with the rule that foretells it. */
export const scenarios = {
  'upstream vanishes while idle': 'idle + interval × count',
  'client vanishes while idle': 'idle + interval × count',
  'upstream vanishes with data in flight': 'user timeout + about 0.5 s',
  'client vanishes with data in flight': 'user timeout + about 0.5 s',
  'upstream vanishes after the other has finished': 'idle + interval × count',
  'client vanishes after the other has finished': 'idle + interval × count',
  'upstream finishes, then vanishes': 'idle + interval × count',
  'client finishes, then vanishes': 'idle + interval × count',
  'upstream vanishes, onDeath: close': 'idle + interval × count',
  'a NAT is kept warm': 'pause between probes: max(idle, interval)',
  'a NAT forgets a session without keepalive': 'what it remembers',
  'a NAT is about to forget, SIGHUP': 'at once, for the silence so far counts',
  'a NAT forgets and answers with a reset': 'the next probe: idle',
  'a NAT forgets and drops': 'idle + interval × count',
  'the upstream reboots': 'the next probe: idle',
  'a short user timeout while idle': 'the first tick of idle + interval × n after it',
  'a long user timeout while idle': 'the first tick of idle + interval × n after it',
  'no user timeout, data in flight':
    'with tcp_retries2 = 3, the first tick 3 s after the first retransmission',
  'keepalive on the upstream leg only': 'idle + interval × count',
  'keepalive on the client leg only': 'idle + interval × count',
  'upstream does not read, then vanishes':
    'user timeout + one more probe, and up to a second until the next look',
  'client does not read, then vanishes':
    'user timeout + one more probe, and up to a second until the next look',
  'ICMP unreachable with data in flight': 'user timeout + about 0.5 s',
  'ICMP unreachable in answer to probes': 'idle + interval × count',
  'upstream out of reach for a while': 'suspect: idle + one or two looks of 1 s',
  'client out of reach for a while': 'suspect: idle + one or two looks of 1 s',
  'half-closed and silent': 'pause between probes: 20 s at most',
  '2,000 sessions whose upstream vanishes': 'idle + interval × count, each',
} as const;

export type Scenario = keyof typeof scenarios;

export interface Measurement {
  readonly scenario: Scenario;
  readonly theory: Milliseconds;
  readonly measured: Milliseconds;
  /** How much later it may be besides, where the rule leaves that open. */
  readonly late?: Milliseconds;
  /** What the two ends saw, in words. */
  readonly saw: string;
}

/** Holds a scenario against its theory, and notes it for the table. */
export function measured(t: ExecutionContext, measurement: Measurement): void {
  const { scenario, saw } = measurement;
  checkTime(t, { ...measurement, what: `${scenario}; ${saw}` });
  const results = process.env['WARMLINE_LAB_RESULTS'];
  if (results) appendFileSync(results, `${JSON.stringify(measurement)}\n`);
}

interface Time extends Pick<Measurement, 'theory' | 'measured' | 'late'> {
  readonly what: string;
}

/** Never early, and late only by the kernel's timer wheel and a busy machine. */
export function checkTime(t: ExecutionContext, { what, theory, measured, late = 0 }: Time): void {
  const said = `${Math.round(measured)} ms of ${Math.round(theory)}: ${what}`;
  t.true(measured >= earliest(theory) && measured <= latest(theory) + late, said);
  t.log(said);
}

/** The kernel counts in ticks of its clock, the longest of which is this, so it may seem early by one. */
export function earliest(theory: Milliseconds): Milliseconds {
  return theory - 10;
}

/** Late by the kernel's timer wheel, an eighth, and by a busy machine at most. */
export function latest(theory: Milliseconds): Milliseconds {
  return theory * 1.125 + 1000;
}
