// Lint: what is allowed on a leg and yet unwise, each with a stable code. Pure. docs/keepalive.md explains the codes.
import { formatDuration, type Seconds } from '../units.js';
import { type Intent, type Keepalive, patience } from './policy.js';
import { type Preset, presets } from './presets.js';
import { detection, packetsPerHour, probePeriod, unboundedInFlight } from './timeline.js';
import { longestSilence } from './warmth.js';

/** Says what is unwise, if it is. */
type Rule = (keepalive: Keepalive, intent: Intent) => string | undefined;

const rules = {
  userTimeoutBelowIdle,
  userTimeoutOverridesCount,
  deadAfterIdleOnly,
  natForgets,
  payloadOnlyBox,
  presetRange,
  probesCostly,
} satisfies Record<string, Rule>;

export type LintCode = 'keepaliveOff' | keyof typeof rules;

const ruleCodes = Object.keys(rules) as (keyof typeof rules)[];

/** Every code, in the order in which the lints of a leg are told. */
export const lintCodes: readonly LintCode[] = ['keepaliveOff', ...ruleCodes];

export interface Lint {
  readonly code: LintCode;
  /** One sentence with the numbers and a mend. */
  readonly message: string;
}

/** How far apart probes of a live peer should be at least. */
const leastPeriod: Seconds = 10;

/** The most packets in an hour that 1,000 idle sessions should cost: a probe and its answer each 10 s. */
export const mostPackets = (2 * 1000 * 3600) / leastPeriod;

/** Looks at a TCP leg: its options, null for keepalive off, and the intent behind them. */
export function lintLeg(keepalive: Keepalive | null, intent: Intent): Lint[] {
  if (keepalive === null) return [{ code: 'keepaliveOff', message: off }];
  return ruleCodes.flatMap((code) => {
    const message = rules[code](keepalive, intent);
    return message === undefined ? [] : [{ code, message }];
  });
}

const losses: ReadonlySet<LintCode> = new Set(['keepaliveOff', 'natForgets', 'payloadOnlyBox']);

/** Why a leg that is idle, and whose peer lives, is lost without a word: the one lint that says so. */
export function findLoss(keepalive: Keepalive | null, intent: Intent): Lint | undefined {
  return lintLeg(keepalive, intent).find(({ code }) => losses.has(code));
}

const off =
  'keepalive is off, so a peer that vanishes while nothing is sent is never noticed; ' +
  'a long deadAfter costs few packets';

function userTimeoutBelowIdle(keepalive: Keepalive): string | undefined {
  const { idle, userTimeout } = keepalive;
  if (userTimeout === 0 || userTimeout >= idle * 1000) return undefined;
  return (
    `the user timeout of ${formatDuration(userTimeout)} has passed before the first probe at ${idle}s, so one probe ` +
    `without an answer ends the session, after ${formatDuration(detection(keepalive).idle)}; ${leaveOut(keepalive)}`
  );
}

function userTimeoutOverridesCount(keepalive: Keepalive): string | undefined {
  const { idle, interval, count, userTimeout } = keepalive;
  const auto = patience(keepalive);
  if (userTimeout < idle * 1000 || userTimeout === auto) return undefined;
  const dead = detection(keepalive).idle;
  const probes = (dead / 1000 - idle) / interval;
  const many = probes === count ? `${count} as before` : `${probes} in place of ${count}`;
  return (
    `the user timeout of ${formatDuration(userTimeout)} is ${userTimeout < auto ? 'less' : 'more'} than ` +
    `idle + interval × count, ${formatDuration(auto)}, and decides in place of the count: ` +
    `probes are ${many}, and a dead peer is noticed after ${formatDuration(dead)}; ${leaveOut(keepalive)}`
  );
}

function leaveOut(keepalive: Keepalive): string {
  return `leave userTimeout out, which makes it ${formatDuration(patience(keepalive))}`;
}

function deadAfterIdleOnly({ userTimeout }: Keepalive, { deadAfter }: Intent): string | undefined {
  if (userTimeout !== 0 || deadAfter === undefined) return undefined;
  return (
    `userTimeout is off, so deadAfter ${deadAfter}s holds only while nothing is in flight, ` +
    `otherwise a dead peer is noticed after ${unboundedInFlight}; leave userTimeout out`
  );
}

function natForgets(keepalive: Keepalive, { preset, natTimeout }: Intent): string | undefined {
  const period = probePeriod(keepalive) / 1000;
  if (natTimeout === undefined || isPayloadOnly(preset)) return undefined;
  const silence = longestSilence(keepalive);
  if (silence < natTimeout) return undefined;
  return (
    `a live peer is probed each ${period}s, up to ${silence}s as timers are late, ` +
    `and ${boxOf(preset)} forgets after ${natTimeout}s; ` +
    `make idle and interval at most ${Math.floor(natTimeout / 3)}s`
  );
}

function payloadOnlyBox(_: Keepalive, { preset, natTimeout }: Intent): string | undefined {
  if (!isPayloadOnly(preset)) return undefined;
  return (
    `${boxOf(preset)} looks at payload only, so probes do not keep it from forgetting after ${natTimeout}s; ` +
    'have the application send something more often, or set the box to more'
  );
}

function presetRange(_: Keepalive, { preset, natTimeout }: Intent): string | undefined {
  if (preset === undefined || natTimeout === undefined) return undefined;
  const { limit, settable }: Preset = presets[preset];
  if (natTimeout === limit || settable === 'unknown') return undefined;
  if (settable === 'fixed') {
    return `natTimeout is ${natTimeout}s, and ${boxOf(preset)} always has ${limit}s; leave natTimeout out`;
  }
  if (natTimeout >= settable.min && natTimeout <= settable.max) return undefined;
  return (
    `natTimeout is ${natTimeout}s, and ${boxOf(preset)} can be set to ${settable.min}s to ${settable.max}s; ` +
    'look what it is set to'
  );
}

function isPayloadOnly(preset: Intent['preset']): boolean {
  return preset !== undefined && presets[preset].refreshedBy === 'payload';
}

function boxOf(preset: Intent['preset']): string {
  return preset === undefined ? 'the box' : preset;
}

function probesCostly(keepalive: Keepalive, { natTimeout }: Intent): string | undefined {
  const packets = packetsPerHour(keepalive);
  if (packets <= mostPackets) return undefined;
  const mend =
    natTimeout !== undefined && natTimeout < 3 * leastPeriod
      ? `set the box to remember at least ${3 * leastPeriod}s`
      : `make idle at least ${leastPeriod}s, or deadAfter longer`;
  return (
    `1,000 sessions cost ${inThousands(packets)} packets an hour while idle, more than ${inThousands(mostPackets)}; ` +
    mend
  );
}

function inThousands(count: number): string {
  return count.toLocaleString('en-US');
}
