// Explain: an audit of a source tree in words: a line for each finding, as grep(1) has them, then what to add. Pure.
import { printable } from '../printable.js';
import type { OptionName } from './options.js';
import { findingsOf, type SourceReport, type SourceSite } from './report.js';
import { describeSnippet } from './snippet.js';
import type { Verdict } from './verdicts.js';

/** The lines, without newlines. */
export function explainSources(report: SourceReport): string[] {
  const findings = findingsOf(report);
  return [
    ...findings.map(explainFinding),
    ...(findings.length === 0 ? [] : ['', ...explainSnippet(report), '']),
    ...explainCount(report),
  ];
}

function explainFinding(site: SourceSite): string {
  const { file, line, column, confidence } = site;
  const words = [`${nameOf(site)} ${lackOf(site)}`, ...doubtOf(site)].join('; ');
  return `${printable(file)}:${line}:${column}: ${words}; add ${site.add} [${confidence}]`;
}

const roles: Readonly<Record<SourceSite['role'], string>> = {
  listener: 'listener',
  client: 'client connection',
  accepted: 'accepted connection',
  unknown: 'socket',
};

function nameOf({ role, function: name }: SourceSite): string {
  return name === null ? roles[role] : `${roles[role]} in ${name}()`;
}

function lackOf({ verdict, missing, role }: SourceSite): string {
  const whose = role === 'listener' ? ', which what it accepts would inherit' : '';
  if (verdict === 'missing') return `without SO_KEEPALIVE${whose}`;
  const lacking = missing.filter((option) => option !== 'TCP_USER_TIMEOUT');
  return `with SO_KEEPALIVE but without ${listOf(lacking)}: the system's values hold`;
}

function listOf(options: readonly OptionName[]): string {
  const [last = '', ...before] = [...options].reverse();
  return before.length === 0 ? last : `${before.reverse().join(', ')} and ${last}`;
}

function doubtOf({ doubt, elsewhere }: SourceSite): string[] {
  if (doubt === 'kind') return ['it may be another kind of socket'];
  if (doubt === 'use') return ['nothing shows that it is connected or listens'];
  if (doubt === 'callers') return ['some callers set it'];
  if (elsewhere === null) return [];
  return [
    `SO_KEEPALIVE is set at ${printable(elsewhere.file)}:${elsewhere.line}, perhaps on this one`,
  ];
}

function explainSnippet({ snippet, keepalive }: SourceReport): string[] {
  return ['What to add, once:', '', ...snippet, '', describeSnippet(keepalive)];
}

const others: Readonly<Record<Exclude<Verdict, 'missing' | 'partial'>, string>> = {
  set: 'kept warm',
  unix: 'unix',
  datagram: 'datagram',
  other: 'neither TCP nor these',
  scratch: 'never connected',
  wrapper: 'judged where called',
};

function explainCount(report: SourceReport): string[] {
  const { files, sites, left } = report;
  const findings = findingsOf(report);
  const counted = Object.entries(others).flatMap(([verdict, words]) => {
    const count = sites.filter((site) => site.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const parts = [`${findings.length} to mend`, ...counted].join(', ');
  return [
    `${plural(sites.length, 'site')} in ${plural(files, 'file')}: ${parts}`,
    ...explainLeft(left),
  ];
}

function explainLeft({ folders, files, more }: SourceReport['left']): string[] {
  return [
    ...(folders.length === 0 ? [] : [`not looked at: ${pathList(folders)}`]),
    ...(files.length === 0 ? [] : [`too large or not readable: ${pathList(files)}`]),
    ...(more ? ['there is more than this looks at; name a folder within'] : []),
  ];
}

function pathList(paths: readonly string[]): string {
  return paths.map(printable).join(', ');
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
