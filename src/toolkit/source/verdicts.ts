// Verdicts: what each site of a program is: no TCP, of no interest, kept warm, or to be mended.
import {
  type Elsewhere,
  isScratch,
  isShared,
  nearest,
  type Role,
  roleOf,
  type Settings,
  settingsElsewhere,
  settingsOf,
} from './descriptors.js';
import { type Confidence, isConfidence } from './kinds.js';
import { kindAt } from './making.js';
import { openingBy, type Site } from './openings.js';
import { type OptionName, optionNames } from './options.js';
import type { Program } from './program.js';

/** `missing` and `partial` are findings; the others say why a site is none. */
export type Verdict =
  /** SO_KEEPALIVE is not set. */
  | 'missing'
  /** It is set, but not when and how often to probe: the system's values hold, from two hours on. */
  | 'partial'
  | 'set'
  | 'unix'
  | 'datagram'
  /** Another domain, type or protocol that is not TCP. */
  | 'other'
  /** Made to be asked or held in reserve, never connected. */
  | 'scratch'
  /** The parameters of its function decide; those who call that are looked at. */
  | 'wrapper';

export interface Judged {
  readonly site: Site;
  readonly verdict: Verdict;
  readonly role: Role;
  /** null when it is no finding. */
  readonly confidence: Confidence | null;
  readonly missing: readonly OptionName[];
  /** Why the confidence is not certain. */
  readonly doubt: Doubt | null;
}

export type Doubt =
  /** It may be another kind of socket. */
  | { readonly code: 'kind' }
  /** Nothing shows that it is connected or listens. */
  | { readonly code: 'use' }
  /** Some of those who call its function set keepalive. */
  | { readonly code: 'callers' }
  /** Keepalive is set elsewhere in the tree, perhaps on this one. */
  | { readonly code: 'elsewhere'; readonly where: Elsewhere };

/** Judges every site. */
export function judge(program: Program): Judged[] {
  const elsewhere = settingsElsewhere(program);
  const rated = program.sites.map((site) => judgeSite(site, program, elsewhere));
  return rated.map((one) => inherit(one, rated));
}

function judgeSite(site: Site, program: Program, elsewhere: readonly Elsewhere[]): Judged {
  const skipped = { site, role: 'unknown', confidence: null, missing: [], doubt: null } as const;
  const kind = kindAt(site, program);
  if (!isConfidence(kind)) return { ...skipped, verdict: kind };
  if (openingBy(site, program.setters) && program.callersOf(site.fn).length > 0)
    return { ...skipped, verdict: 'wrapper' };
  if (isScratch(site)) return { ...skipped, verdict: 'scratch' };
  const settings = settingsOf(site, program);
  const role = roleOf(site, program);
  const where = isShared(site, program) ? nearest(elsewhere, site.fn.file) : undefined;
  return rate({ site, role, settings, doubt: doubtOf(kind, role, settings, where), kind });
}

interface Rated extends Pick<Judged, 'site' | 'role' | 'doubt'> {
  readonly kind: Confidence;
  readonly settings: Settings;
}

const probing: readonly OptionName[] = ['TCP_KEEPIDLE', 'TCP_KEEPINTVL', 'TCP_KEEPCNT'];

/** A user timeout is a choice with a cost: a site without one is no finding. */
function rate({ site, role, settings, doubt, kind }: Rated): Judged {
  const missing = optionNames.filter((option) => !settings.options.has(option));
  const base = { site, role, missing, doubt };
  if (missing.includes('SO_KEEPALIVE')) {
    const isUnclear = doubt !== null && doubt.code !== 'kind';
    return { ...base, verdict: 'missing', confidence: isUnclear ? 'unclear' : kind };
  }
  if (probing.some((option) => missing.includes(option)))
    return { ...base, verdict: 'partial', confidence: kind };
  return { ...base, verdict: 'set', confidence: null, doubt: null };
}

function doubtOf(
  kind: Confidence,
  role: Role,
  { options, isMixed }: Settings,
  where: Elsewhere | undefined,
): Doubt | null {
  const isKnown = kind === 'certain' ? null : ({ code: 'kind' } as const);
  if (options.has('SO_KEEPALIVE')) return isKnown;
  if (isMixed) return { code: 'callers' };
  if (where !== undefined) return { code: 'elsewhere', where };
  return role === 'unknown' ? { code: 'use' } : isKnown;
}

/**
 * What every listener near by has, the connections inherit that it accepts (KEEPALIVE in tcp(7)); and a listener needs
 * nothing whose connections all get it once they are accepted.
 */
function inherit(one: Judged, all: readonly Judged[]): Judged {
  const other = { listener: 'accepted', accepted: 'listener', client: '', unknown: '' }[one.role];
  if (one.verdict !== 'missing' || other === '') return one;
  const others = all.filter(({ role }) => role === other);
  const near = others.filter(({ site }) => site.fn.file === one.site.fn.file);
  const sources = near.length > 0 ? near : others;
  const lacking = new Set(sources.flatMap(({ missing }) => missing));
  if (sources.length === 0 || lacking.has('SO_KEEPALIVE')) return one;
  const options = new Set(optionNames.filter((option) => !lacking.has(option)));
  const kind = one.doubt === null ? 'certain' : 'likely';
  return rate({
    ...one,
    kind,
    doubt: one.doubt && { code: 'kind' },
    settings: { options, isMixed: false },
  });
}
