// Demonstrations: what keepalive is for, shown in network namespaces that end with the programs in them. Each is a program of
// its own in inside/. What this machine lacks for one is told; it is no error.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Milliseconds, Seconds } from '../../units.js';

export type DemonstrationName = 'idleDeath' | 'natKeptWarm' | 'natForgets';

/** What was seen, or why it was not tried. Times are what the demonstration is about: see docs/toolkit/selftest.md. */
export interface Demonstration {
  readonly name: DemonstrationName;
  readonly outcome: 'shown' | 'contradicted' | 'skipped';
  /** null: there is nothing to compute, or it was skipped. */
  readonly expected: Milliseconds | null;
  /** null: skipped. */
  readonly measured: Milliseconds | null;
  /** What it takes, when it was skipped. */
  readonly reason: string | null;
}

/** How long the NAT remembers a silent connection. */
export const natMemory: Seconds = 4;
/** How long connections are silent then. */
export const natSilence: Milliseconds = 2 * natMemory * 1000;

/** Far more than any of them takes. */
const limit: Milliseconds = 60_000;

/** The programs in inside/, what each shows and what it needs beside namespaces. */
const programs = [
  { script: 'idle_death', names: ['idleDeath'], needs: [] },
  { script: 'nat', names: ['natKeptWarm', 'natForgets'], needs: ['nft'] },
] as const satisfies readonly Program[];

interface Program {
  readonly script: string;
  readonly names: readonly DemonstrationName[];
  readonly needs: readonly Tool[];
}

/** Where each tool comes from; the package has this name in Debian. */
const packages = { unshare: 'util-linux', nsenter: 'util-linux', ip: 'iproute2', nft: 'nftables' };

type Tool = keyof typeof packages;

/** The system's own tools first: npx puts packages' programs on the PATH, and one of them is called nft. */
const systemPath = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`;

/** Runs them side by side, which takes about as long as the longest; tools are searched in `path`. */
export async function demonstrate(path = systemPath): Promise<readonly Demonstration[]> {
  const env = { ...process.env, PATH: path };
  const all = await Promise.all(programs.map((program) => demonstrateOne(program, env)));
  return all.flat();
}

async function demonstrateOne(
  program: Program,
  env: NodeJS.ProcessEnv,
): Promise<readonly Demonstration[]> {
  const told = await run(program, env);
  if ('findings' in told) return told.findings;
  const skipped = { outcome: 'skipped', expected: null, measured: null, ...told } as const;
  return program.names.map((name) => ({ name, ...skipped }));
}

/** What the program found, or why it could not. */
export type Told = { readonly findings: readonly Demonstration[] } | { readonly reason: string };

async function run({ script, needs }: Program, env: NodeJS.ProcessEnv): Promise<Told> {
  const tools = ['unshare', 'nsenter', 'ip', ...needs] as const;
  const lacking = tools.find((tool) => !isThere(tool, env));
  if (lacking !== undefined) {
    return { reason: `needs ${lacking}, of the package ${packages[lacking]}` };
  }
  const way = ways.find((flags) => succeeds('unshare', [...flags, 'true'], env));
  return way === undefined ? { reason: noWay } : await runInside(script, way, env);
}

/** How to get a network namespace: as root, else as root of a user namespace. */
const ways = [['--net'], ['--user', '--map-root-user', '--net']] as const;

const noWay =
  'needs network namespaces: run it as root, or let users have them (user.max_user_namespaces, and on some ' +
  'systems kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns)';

function isThere(tool: Tool, env: NodeJS.ProcessEnv): boolean {
  return succeeds(tool, [tool === 'ip' ? '-V' : '--version'], env);
}

function succeeds(command: string, args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return spawnSync(command, args, { env, stdio: 'ignore' }).status === 0;
}

async function runInside(
  script: string,
  way: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Told> {
  const path = fileURLToPath(new URL(`./inside/${script}.js`, import.meta.url));
  // Its standard input ends with us, and it with that.
  const child = spawn('unshare', [...way, process.execPath, path], { env, timeout: limit });
  const [said, complaint] = await Promise.all([textOf(child, 'stdout'), textOf(child, 'stderr')]);
  if (said !== '') return JSON.parse(said);
  const lines = complaint.trim().split('\n');
  const [line = ''] = [...lines.filter((each) => each.includes('Error')), ...lines];
  return { reason: line === '' ? `it took longer than ${limit / 1000}s` : line };
}

function textOf(child: ChildProcess, stream: 'stdout' | 'stderr'): Promise<string> {
  const output = child[stream];
  return output === null ? Promise.resolve('') : text(output);
}
