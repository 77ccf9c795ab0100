// Debian's sources: the upstream code of packages, fetched as the machine fetches its packages: with the same archive,
// keys and proxy, through apt(8) in a folder of its own, so that nothing of the machine is changed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Milliseconds } from '../../src/units.js';
import type { Need } from './requires.js';
import { systemEnv } from './system.js';

const limit: Milliseconds = 40_000;

/** The packages that could be had, each with the folder of its code. */
export type DebianSources = ReadonlyMap<string, string>;

/** Fetches what it can of these packages, in CI only; the folder goes when the process ends. */
export function fetchDebianSources(packages: readonly string[]): DebianSources {
  // 12 MB: whoever tries the tests at home has not asked for that.
  if (process.env['CI'] !== 'true') return new Map();
  const folder = mkdtempSync(join(tmpdir(), 'warmline-sources-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const options = prepareApt(folder);
  if (options === undefined || !run('apt-get', [...options, '-qq', 'update'], folder))
    return new Map();
  const got = packages.filter((name) => fetchOne(name, join(folder, name), options));
  return new Map(got.map((name) => [name, join(folder, name)]));
}

/** As a need: at least so many of them. */
export function atLeast(count: number, sources: DebianSources): Need {
  return {
    met: () => sources.size >= count,
    remedy:
      'needs the sources of Debian packages, 12 MB: run it with CI=true on Debian with apt-get, xz and network',
  };
}

/** Options that make apt(8) keep its lists in the folder and know the sources of this machine's release. */
function prepareApt(folder: string): string[] | undefined {
  const entries = sourceEntries();
  if (entries === '') return undefined;
  writeFileSync(join(folder, 'sources.sources'), entries);
  for (const name of ['parts', 'lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, name), { recursive: true });
  const places = {
    'Dir::Etc::sourcelist': 'sources.sources',
    'Dir::Etc::sourceparts': 'parts',
    'Dir::State::lists': 'lists',
    'Dir::Cache': 'cache',
  };
  const moved = Object.entries(places).map(([name, path]) => `${name}=${join(folder, path)}`);
  // Root would else download as another user, who can't write here.
  return [...moved, 'APT::Sandbox::User=root'].flatMap((option) => ['-o', option]);
}

/** The machine's own entries for its release, in deb822 style, with sources instead of packages. */
function sourceEntries(): string {
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(read('/etc/os-release'))?.[1];
  if (release === undefined) return '';
  const [lines, stanzas] = readEntries();
  const entries = [...lines.flatMap(fromLine), ...stanzas];
  return entries
    .filter((entry) => new RegExp(`^Suites:.*\\b${release}`, 'm').test(entry))
    .map((entry) => entry.replace(/^Types:.*$/m, 'Types: deb-src'))
    .join('\n\n');
}

/** sources.list(5): the one-line entries, and the stanzas. */
function readEntries(): [string[], string[]] {
  const parts = '/etc/apt/sources.list.d';
  const names = list(parts).map((name) => join(parts, name));
  const ofStyle = (ending: string) => names.filter((name) => name.endsWith(ending)).map(read);
  const lines = [read('/etc/apt/sources.list'), ...ofStyle('.list')].join('\n').split('\n');
  const stanzas = ofStyle('.sources')
    .join('\n\n')
    .split(/\n\s*\n/);
  return [lines, stanzas.filter((text) => /^Types:/m.test(text))];
}

function fromLine(line: string): string[] {
  const [, options = '', uri, suite, components] =
    /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
  if (uri === undefined) return [];
  const key = /signed-by=(\S+?)[\s\]]/i.exec(options)?.[1];
  return [
    `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: ${components}` +
      (key === undefined ? '' : `\nSigned-By: ${key}`),
  ];
}

/** Downloads and unpacks one package; Debian's own changes to it are left out. */
function fetchOne(name: string, folder: string, options: readonly string[]): boolean {
  mkdirSync(folder);
  const words = [...options, '-qq', 'source', '--download-only', '--only-source', name];
  if (!run('apt-get', words, folder)) return false;
  const archive = list(folder).find((file) => /\.orig\.tar\.\w+$/.test(file));
  return archive !== undefined && run('tar', ['xf', archive, '--strip-components=1'], folder);
}

function run(command: string, words: readonly string[], cwd: string): boolean {
  const env = { ...systemEnv, LC_ALL: 'C' };
  return spawnSync(command, words, { cwd, env, timeout: limit }).status === 0;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
