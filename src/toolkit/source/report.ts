// Report: an audit of a source tree, as the values that its words and its JSON document are made of.
// docs/toolkit/audit-source.md lists the fields.
import type { Keepalive } from '../../keepalive/policy.js';
import type { Role } from './descriptors.js';
import { descriptorOf } from './descriptors.js';
import type { SourceFile } from './functions.js';
import type { Confidence } from './kinds.js';
import type { OptionName } from './options.js';
import { type Program, readProgram } from './program.js';
import { snippetCall, snippetFunction } from './snippet.js';
import { type Bounds, type LeftOut, readTree, treeBounds } from './tree.js';
import { type Doubt, type Judged, judge, type Verdict } from './verdicts.js';

export interface SourceReport {
  readonly folder: string;
  /** How many files were looked at. */
  readonly files: number;
  /** What the snippets set. */
  readonly keepalive: Keepalive;
  /** Every site, in the order of paths and lines. */
  readonly sites: readonly SourceSite[];
  /** The function that the snippets call, line by line. */
  readonly snippet: readonly string[];
  readonly left: LeftOut;
}

/** One place where a descriptor is made. */
export interface SourceSite extends Position {
  /** null: outside of a function that has a name. */
  readonly function: string | null;
  /** `socket` or `accept`, or the program's own function around one. */
  readonly call: string;
  readonly makes: 'socket' | 'accept';
  readonly role: Role;
  readonly verdict: Verdict;
  /** null when it is no finding, and so are the following. */
  readonly confidence: Confidence | null;
  readonly doubt: Doubt['code'] | null;
  /** With a doubt of `elsewhere`: where keepalive is set. */
  readonly elsewhere: Position | null;
  /** What is not set, of all five options, on what may be TCP. */
  readonly missing: readonly OptionName[];
  /** The expression that holds the descriptor. */
  readonly descriptor: string | null;
  /** What to add after it. */
  readonly add: string | null;
}

/** Lines and columns count from 1, columns in bytes. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Looks through the C and C++ files below a folder. Throws WL_USAGE when it can't be read. */
export function auditSources(
  folder: string,
  keepalive: Keepalive,
  bounds: Bounds = treeBounds,
): SourceReport {
  const { texts, left } = readTree(folder, bounds);
  const sites = judgeSources(texts);
  return { folder, files: texts.size, keepalive, sites, snippet: snippetFunction(keepalive), left };
}

/** The same for texts that were read, by their paths. */
export function judgeSources(texts: ReadonlyMap<string, string>): SourceSite[] {
  const program: Program = readProgram(texts);
  const sites = judge(program).map(reportSite);
  return sites.sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function reportSite({ site, verdict, role, confidence, missing, doubt }: Judged): SourceSite {
  const { fn, call, opening } = site;
  const descriptor = descriptorOf(site);
  const isFinding = confidence !== null;
  return {
    ...positionOf(fn.file, call.offset),
    function: fn.name === '' ? null : fn.name,
    call: call.name,
    makes: opening.call,
    role,
    verdict,
    confidence,
    doubt: doubt?.code ?? null,
    elsewhere:
      doubt?.code === 'elsewhere' ? positionOf(doubt.where.file, doubt.where.offset) : null,
    missing,
    descriptor,
    add: isFinding ? snippetCall(descriptor) : null,
  };
}

function positionOf({ path, text }: SourceFile, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { file: path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The sites that are to be mended. */
export function findingsOf({ sites }: SourceReport): SourceSite[] {
  return sites.filter(({ confidence }) => confidence !== null);
}
