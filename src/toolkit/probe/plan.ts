// Plan: what to measure next, from what has been measured. Pure, and without a memory of its own: so a probe that was
// interrupted goes on from its measurements.
//
//   ladder    growing idle times, up to the first that is forgotten; all are opened at once
//   narrow    several idle times inside the bracket at once, until it is as narrow as wanted
//   confirm   the ends of the bracket again, until each has two witnesses
//   dispute   answers contradict each other: more of them from where they do
//   closing   the far end closes: once more, and beside it connections that are kept warm by probes
import { presets } from '../../keepalive/presets.js';
import type { Milliseconds, Seconds } from '../../units.js';
import { type Bracket, bracketOf, disputed, witnesses } from './bracket.js';
import { type Closing, closingOf, latest } from './closing.js';
import type { Measurement } from './measurement.js';

export interface Settings {
  /** The first idle time of the ladder. */
  readonly min: Milliseconds;
  /** The longest that is tried. */
  readonly max: Milliseconds;
  /** How wide the bracket may be at the end; null: a twentieth, and a second at least. */
  readonly resolution: Milliseconds | null;
  /** Open at one time at most, 4 or more. */
  readonly connections: number;
}

export type RoundKind = 'ladder' | 'narrow' | 'confirm' | 'dispute' | 'closing';

/** Connections that are opened together. */
export interface Round {
  readonly kind: RoundKind;
  /** For how long each of the silent ones is left alone, in order. */
  readonly silent: readonly Milliseconds[];
  /** Those that are probed all the while, and how often; looked at after `idle`. */
  readonly warm: readonly { readonly idle: Milliseconds; readonly period: Seconds }[];
  /** So many forgotten ones say all that the longer ones could. */
  readonly enough: number;
}

/** The kernel's keepalive counts in seconds: nothing shorter can be probed. */
export const shortestIdle: Milliseconds = 1000;

/** Undefined when nothing is left to learn. */
export function nextRound(
  measurements: readonly Measurement[],
  settings: Settings,
): Round | undefined {
  const bracket = bracketOf(measurements);
  const closing = closingOf(measurements);
  if (closing && closing.after < bracket.upper) return planClosing(closing);
  const next = bracket.upper > reached(settings) ? planLadder : planNarrowing;
  return next(measurements, bracket, settings) ?? planDispute(measurements, settings);
}

/** What is asked for the longest idle time may be probed as late; forgotten later than that was asked by another search. */
function reached({ max }: Settings): Milliseconds {
  return max + Math.max(5000, max / 10);
}

function planClosing({ after, confirmed, preventedByProbes }: Closing): Round | undefined {
  if (confirmed && preventedByProbes !== null) return undefined;
  const idle = closingIdle(after);
  const period = Math.max(1, Math.floor(after / 3000));
  return {
    kind: 'closing',
    silent: [idle, idle],
    warm: [
      { idle, period },
      { idle, period },
    ],
    enough: Infinity,
  };
}

/** Long enough to be closed, or to have been spared. */
export function closingIdle(after: Milliseconds): Milliseconds {
  return latest(after) + 1000;
}

function planLadder(
  measurements: readonly Measurement[],
  bracket: Bracket,
  settings: Settings,
): Round | undefined {
  const { max } = settings;
  const needed = 2 - witnessesOfMax(measurements, settings);
  if (bracket.lower >= max && needed <= 0) return undefined;
  const below = ladder(settings).filter((idle) => idle > bracket.lower);
  const silent = [...below, ...Array<Milliseconds>(bracket.lower >= max ? needed : 2).fill(max)];
  return { kind: 'ladder', silent, warm: [], enough: 1 };
}

/**
 * How many connections were alive after the longest idle time that is tried. Those of one idle time are never probed at
 * quite the same moment: past it is enough.
 */
export function witnessesOfMax(measurements: readonly Measurement[], { max }: Settings): number {
  return witnesses(measurements, { lower: max, upper: Infinity, contradictions: 0 }, 0).lower;
}

/** The growing idle times below the longest, leaving two connections for that: doubled each time, and past known limits. */
export function ladder({ min, max, connections }: Settings): Milliseconds[] {
  const known = Object.values(presets).map(({ limit }) => Math.round(limit * 1000 * pastLimit));
  const doubled = Array.from({ length: 32 }, (_, power) => min * 2 ** power);
  const apart = doubled.filter((idle) => !known.some((limit) => isAbout(idle, limit)));
  const wanted = [...new Set([...apart, ...known])]
    .filter((idle) => idle >= min && idle * pastLimit < max)
    .sort((a, b) => a - b);
  while (wanted.length > Math.max(1, connections - 2) || leastStep(wanted, max).ratio < tooClose) {
    wanted.splice(leastStep(wanted, max).index, 1);
  }
  return wanted;
}

/** A box may be some percent late, and is not asked just before. */
const pastLimit = 1.03;

function isAbout(idle: Milliseconds, limit: Milliseconds): boolean {
  return idle > limit / pastLimit ** 2 && idle < limit * pastLimit ** 2;
}

/** A rung that stands between two so near to each other says nothing new. */
const tooClose = 1.3;

/** The rung without which the step from the one before to the one after is the least; the first one stays. */
function leastStep(
  rungs: readonly Milliseconds[],
  end: Milliseconds,
): { readonly index: number; readonly ratio: number } {
  const steps = rungs
    .slice(1)
    .map((_, index) => (rungs[index + 2] ?? end) / (rungs[index] ?? Infinity));
  const ratio = Math.min(...steps);
  return { index: steps.indexOf(ratio) + 1, ratio };
}

function planNarrowing(
  measurements: readonly Measurement[],
  bracket: Bracket,
  settings: Settings,
): Round | undefined {
  const tolerance = resolutionAt(bracket.upper, settings);
  const { lower, upper } = witnesses(measurements, bracket, tolerance);
  // Every connection is probed a little late, which would be too late where the limit is just beyond the lower end.
  const before = Math.max(shortestIdle, Math.round(bracket.lower - tolerance / 2));
  const again = [
    ...(lower < 2 && bracket.lower >= shortestIdle ? [before] : []),
    ...(upper < 2 ? [bracket.upper] : []),
  ];
  const from = Math.max(bracket.lower, shortestIdle);
  const narrow = isNarrow(bracket, settings);
  if (narrow && again.length === 0) return undefined;
  const inside = narrow ? [] : divide({ from, to: bracket.upper }, tolerance / 2, settings);
  const silent = [...again, ...inside].sort((a, b) => a - b);
  return { kind: narrow ? 'confirm' : 'narrow', silent, warm: [], enough: 2 };
}

/** Whether a bracket is as narrow as wanted. */
export function isNarrow({ lower, upper }: Bracket, settings: Settings): boolean {
  return upper - Math.max(lower, shortestIdle) <= resolutionAt(upper, settings);
}

export function resolutionAt(idle: Milliseconds, { resolution }: Settings): Milliseconds {
  return resolution ?? Math.max(1000, idle / 20);
}

/** Points inside a span, evenly, `step` apart or as many as there may be connections; two are left for its ends. */
function divide(
  { from, to }: { readonly from: Milliseconds; readonly to: Milliseconds },
  step: Milliseconds,
  { connections }: Settings,
): Milliseconds[] {
  const pieces = Math.min(Math.ceil((to - from) / step), connections - 1);
  return Array.from({ length: pieces - 1 }, (_, index) =>
    Math.round(from + ((to - from) * (index + 1)) / pieces),
  );
}

/** So many answers from where they differ are enough to say that they do. */
const enoughDisputed = 12;

function planDispute(measurements: readonly Measurement[], settings: Settings): Round | undefined {
  const dispute = disputed(measurements);
  if (dispute === undefined || dispute.samples >= enoughDisputed) return undefined;
  const { from, to } = dispute;
  const pieces = Math.min(enoughDisputed - dispute.samples, settings.connections);
  const silent = Array.from({ length: pieces }, (_, index) =>
    Math.round(from + ((to - from) * (index + 0.5)) / pieces),
  );
  return { kind: 'dispute', silent, warm: [], enough: Infinity };
}
