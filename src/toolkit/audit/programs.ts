// Programs: the connections and listeners that would be lost, by the program that has them, and what would help it. Pure but
// for the reading of programs, which is a parameter.

import { basename } from 'node:path';
import type { Keepalive } from '../../keepalive/policy.js';
import type { Port } from '../../units.js';
import { isLoopback, splitAddress } from './address.js';
import type { Box } from './box.js';
import type { Linkage, Program } from './program.js';
import { findRemedies, preloadWords, type Remedy } from './remedies.js';
import type { AuditedConnection, AuditedListener } from './report.js';
import { type Role, recognise, type Sighting } from './software.js';

/** What is to be done about one program. */
export interface ProgramReport {
  readonly name: string;
  /** Its file; null when it may not be known. */
  readonly exe: string | null;
  readonly role: Role;
  readonly pids: readonly number[];
  readonly linkage: Linkage;
  /** Whether a preloaded library is of use, in words. */
  readonly preload: string;
  /** How many of its connections would be lost. */
  readonly connections: number;
  /** How many of its listeners give no keepalive. */
  readonly listeners: number;
  readonly remedies: readonly Remedy[];
}

/** One thing that would be lost, or will be. */
interface Loss {
  readonly program: Program;
  readonly role: Role;
  readonly isListener: boolean;
  readonly isOff: boolean;
  /** Where its peer is, or where it listens itself. */
  readonly address: string;
}

/** Reports each program once for each of its roles, those with the most losses first. */
export function reportPrograms(
  connections: readonly AuditedConnection[],
  listeners: readonly AuditedListener[],
  programOf: (pid: number) => Program | undefined,
  box: Box | undefined,
  keepalive: Keepalive,
): ProgramReport[] {
  const losses = [
    ...connections.flatMap((connection) => lossOf(connection, programOf)),
    ...listeners.flatMap((listener) => lossOf({ ...listener, role: 'server' }, programOf)),
  ];
  return [...grouped(losses).values()]
    .map((group) => report(group, keepalive, box))
    .sort((one, other) => weight(other) - weight(one));
}

function weight({ connections, listeners }: ProgramReport): number {
  return connections + listeners;
}

type Lossy = Pick<
  AuditedConnection,
  'verdict' | 'code' | 'processes' | 'role' | 'local' | 'state'
> & {
  readonly peer?: string;
};

/**
 * The first process that has the socket answers for it: the others have inherited it or lent it. A listener that nobody has
 * connected to is reported on suspicion, unless its program is known to set keepalive by itself.
 */
function lossOf(socket: Lossy, programOf: (pid: number) => Program | undefined): Loss[] {
  const isListener = socket.state === 'listen';
  if (socket.verdict !== 'lost' && socket.code === null) return [];
  const [process] = socket.processes;
  const program = process === undefined ? undefined : programOf(process.pid);
  if (program === undefined) return [];
  if (socket.verdict === 'unknown' && setsItself(program)) return [];
  const address =
    socket.role === 'client' && socket.peer !== undefined ? socket.peer : socket.local;
  return [
    { program, role: socket.role, isListener, isOff: socket.code === 'keepaliveOff', address },
  ];
}

function setsItself(program: Program): boolean {
  return recognise(sightingOf(program, 'server', []))?.setsItself === true;
}

function sightingOf(program: Program, role: Role, peerPorts: readonly Port[]): Sighting {
  const isGo = program.linkage === 'go';
  return { names: namesOf(program), words: program.words, role, peerPorts, isGo };
}

function grouped(losses: readonly Loss[]): ReadonlyMap<string, readonly Loss[]> {
  const groups = new Map<string, Loss[]>();
  for (const loss of losses) {
    const key = `${loss.program.exe ?? loss.program.name}\n${commandOf(loss.program)}\n${loss.role}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [loss]);
    else group.push(loss);
  }
  return groups;
}

function report(
  losses: readonly Loss[],
  keepalive: Keepalive,
  box: Box | undefined,
): ProgramReport {
  const [first] = losses as readonly [Loss, ...Loss[]];
  const { program, role } = first;
  const { address } = losses.find((loss) => !isOfLoopback(loss)) ?? first;
  const ports = losses.map((loss) => splitAddress(loss.address).port);
  const patient = {
    sighting: sightingOf(program, role, role === 'client' ? [...new Set(ports)] : []),
    linkage: program.linkage,
    command: commandOf(program),
    isOff: losses.some(({ isOff }) => isOff),
    isLate: losses.some(({ isOff }) => !isOff),
    target: { address, port: splitAddress(address).port },
  };
  return {
    name: namesOf(program)[0],
    exe: program.exe,
    role,
    pids: [...new Set(losses.map((loss) => loss.program.pid))],
    linkage: program.linkage,
    preload: preloadWords(program.linkage, box),
    connections: losses.filter(({ isListener }) => !isListener).length,
    listeners: losses.filter(({ isListener }) => isListener).length,
    remedies: findRemedies(patient, keepalive, box),
  };
}

function isOfLoopback({ address }: Loss): boolean {
  return isLoopback(splitAddress(address).host);
}

/**
 * The kernel cuts the name of a process off at 15 characters; its file may be called otherwise, as one program with several
 * names is: redis-server is a link to redis-check-rdb.
 */
function namesOf({ exe, name }: Program): [string, ...string[]] {
  if (exe === null) return [name];
  const file = basename(exe);
  return file.startsWith(name) ? [file, name] : [name, file];
}

/** How it could be started: its file, or its name where the file has another one; a script with its interpreter. */
function commandOf(program: Program): string {
  const { exe, words } = program;
  const [name] = namesOf(program);
  const file = exe === null ? name : basename(exe);
  const isInterpreter = /^(python|node|java|perl|ruby|php)[0-9.]*$/.test(file);
  if (isInterpreter) return [exe ?? file, ...scriptOf(words)].map(quoted).join(' ');
  return quoted(exe !== null && file === name ? exe : name);
}

/** What an interpreter was told to run: `app.py`, `-m http.server`, `-jar app.jar`. Without values, which may be secrets. */
function scriptOf(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word, index) => index > 0 && !word.startsWith('-'));
  if (at === -1) return [];
  return words.slice(/^-[A-Za-z]+$/.test(words[at - 1] ?? '') ? at - 1 : at, at + 1);
}

/** As one word of a shell, whatever it contains. */
function quoted(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
