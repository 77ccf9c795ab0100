// Software: programs that have a keepalive setting of their own, and how to write it. Each fact names its source. Pure.
import type { Keepalive } from '../../keepalive/policy.js';
import type { Port } from '../../units.js';
import { clients } from './software_clients.js';
import { databases } from './software_databases.js';
import { runtimes } from './software_runtimes.js';
import { servers } from './software_servers.js';

/** Which end of a connection a program is. */
export type Role = 'server' | 'client';

/** One program's own setting. */
export interface Software {
  /** For people. */
  readonly title: string;
  /** Names of its executable or of its process, without a path; a version at the end (python3.11) does not matter. */
  readonly names: readonly string[];
  /** Every program that the Go compiler made, whatever its name. */
  readonly isGo?: true;
  /** Left out: both. */
  readonly role?: Role;
  /** Something in its command line, for one program among the many of an interpreter. */
  readonly words?: RegExp;
  /** Ports that its connections of this kind go to. */
  readonly peerPorts?: readonly Port[];
  /** It turns keepalive on by itself, after accept(2), unless it is told not to. */
  readonly setsItself?: true;
  /** The snippet has it send something of its own, which a box that looks at payload only needs. */
  readonly sendsPayload?: true;
  /** Where the snippet goes. */
  readonly where: string;
  /** Ready to paste. */
  readonly snippet: (keepalive: Keepalive) => string;
  /** What to know besides. */
  readonly note?: string;
}

/** What is to be recognised of a program and its connection. */
export interface Sighting {
  /** The names of its file and of its process. */
  readonly names: readonly string[];
  readonly words: readonly string[];
  readonly role: Role;
  /** Of its peers. */
  readonly peerPorts: readonly Port[];
  /** Made by the Go compiler. */
  readonly isGo: boolean;
}

/** The most special first: the first that fits is taken. */
export const software: readonly Software[] = [...databases, ...servers, ...clients, ...runtimes];

/** Finds the program's own setting, if we know of one. */
export function recognise(sighting: Sighting): Software | undefined {
  return software.find((each) => fits(each, sighting));
}

function fits({ names, isGo, role, words, peerPorts }: Software, sighting: Sighting): boolean {
  if (!(isGo && sighting.isGo) && !hasName(names, sighting)) return false;
  if (role !== undefined && role !== sighting.role) return false;
  if (words !== undefined && !words.test(sighting.words.join(' '))) return false;
  return peerPorts === undefined || peerPorts.some((port) => sighting.peerPorts.includes(port));
}

function hasName(names: readonly string[], { names: seen }: Sighting): boolean {
  return seen.some((name) => names.includes(name) || names.includes(withoutVersion(name)));
}

function withoutVersion(name: string): string {
  return name.replace(/[0-9.]+$/, '');
}
