// Remedies: what helps a program whose connections would be lost: a setting of its own, the system's times, a preloaded
// library, or the relay in front; each with a snippet to paste, its values derived for the box. Pure.
import type { Keepalive } from '../../keepalive/policy.js';
import { presets } from '../../keepalive/presets.js';
import type { Port } from '../../units.js';
import { isLoopback, splitAddress } from './address.js';
import { type Box, looksAtPayload } from './box.js';
import type { Linkage } from './program.js';
import { recognise, type Sighting, type Software } from './software.js';
import { sysctlSnippet } from './software_databases.js';

export interface Remedy {
  readonly kind: 'setting' | 'sysctl' | 'preload' | 'relay';
  /** Of what: "PostgreSQL server", "the relay". */
  readonly title: string;
  /** Where the snippet goes. */
  readonly where: string;
  readonly snippet: string;
  /** What to know besides; empty where there is nothing. */
  readonly note: string;
}

/** What remedies are sought for: a program and what is wrong with its connections. */
export interface Patient {
  readonly sighting: Sighting;
  readonly linkage: Linkage;
  /** How it is started; what is not known is left out. */
  readonly command: string;
  /** Some have keepalive off. */
  readonly isOff: boolean;
  /** Some have it on, with times that are too long. */
  readonly isLate: boolean;
  /** Where one of its connections goes, or where it listens. */
  readonly target: { readonly address: string; readonly port: Port };
}

/** The remedies, the best first. */
export function findRemedies(
  patient: Patient,
  keepalive: Keepalive,
  box: Box | undefined,
): readonly Remedy[] {
  const own = recognise(patient.sighting);
  const setting = own === undefined ? [] : [settingOf(own, keepalive)];
  if (looksAtPayload(box)) return own?.sendsPayload === true ? setting : [];
  const system = patient.isLate ? [sysctl(keepalive)] : [];
  const preload = canPreload(patient.linkage) ? [preloading(patient, keepalive)] : [];
  return [...setting, ...system, ...preload, relaying(patient, keepalive, box)];
}

function settingOf({ title, where, snippet, note = '' }: Software, keepalive: Keepalive): Remedy {
  return { kind: 'setting', title, where, snippet: snippet(keepalive), note };
}

/** Whether a preloaded library is of use, in words. */
export function preloadWords(linkage: Linkage, box: Box | undefined): string {
  return looksAtPayload(box)
    ? 'no use for a preloaded library: the box looks at payload only'
    : preloadReach[linkage];
}

/** Whether a preloaded library sees the program's calls. */
export function canPreload(linkage: Linkage): boolean {
  return linkage === 'dynamic';
}

/** Why it does not. */
const preloadReach: Readonly<Record<Linkage, string>> = {
  dynamic: 'a preloaded library can set it',
  static: 'out of reach of a preloaded library: the program is linked statically',
  go: 'out of reach of a preloaded library: Go programs make their system calls themselves',
  unknown: 'whether a preloaded library reaches it is not known: its file may not be read',
};

function sysctl(keepalive: Keepalive): Remedy {
  return {
    kind: 'sysctl',
    title: "the system's times",
    where: 'a shell',
    snippet: sysctlSnippet(keepalive),
    note: 'For sockets with keepalive on and no times of their own, live ones once their timer has run.',
  };
}

function preloading({ command }: Patient, keepalive: Keepalive): Remedy {
  const { idle, interval, count } = keepalive;
  return {
    kind: 'preload',
    title: 'a preloaded library',
    where: 'how it is started',
    snippet: `warmline preload --idle ${idle}s --interval ${interval}s --count ${count} -- ${command}`,
    note: 'It has to be started anew, with its arguments.',
  };
}

/**
 * In front of a server the relay takes its clients, and only those of this machine where the server does; for a client it
 * stands on this machine.
 */
function relaying(
  { sighting, target }: Patient,
  keepalive: Keepalive,
  box: Box | undefined,
): Remedy {
  const isServer = sighting.role === 'server';
  const free = target.port + 10_000 > 65_535 ? target.port - 10_000 : target.port + 10_000;
  const listen = `${listeningHost(isServer, splitAddress(target.address).host)}:${free}`;
  const upstream = reachable(target.address);
  return {
    kind: 'relay',
    title: 'the relay',
    where: 'warmline.yaml',
    snippet:
      `routes:\n  - name: ${routeName(sighting)}\n    listen: ${quoted(listen)}\n    upstream: ${quoted(upstream)}\n` +
      `    keepalive: ${keepaliveOf(keepalive, box)}`,
    note: isServer
      ? `Its clients connect to port ${free} instead.`
      : `It connects to ${listen} instead.`,
  };
}

function listeningHost(isServer: boolean, host: string): string {
  if (isServer && !isLoopback(host)) return '0.0.0.0';
  return isServer && host === '::1' ? '[::1]' : '127.0.0.1';
}

function keepaliveOf(keepalive: Keepalive, box: Box | undefined): string {
  if (box !== undefined) return `{ ${intentOf(box).join(', ')} }`;
  const { idle, interval, count } = keepalive;
  return `{ idle: ${idle}s, interval: ${interval}s, count: ${count} }`;
}

/** The keys of the configuration that say what the box is. */
function intentOf({ preset, natTimeout }: Box): string[] {
  if (preset === undefined) return [`natTimeout: ${natTimeout}s`];
  const isUsual = presets[preset].limit === natTimeout;
  return [`preset: ${preset}`, ...(isUsual ? [] : [`natTimeout: ${natTimeout}s`])];
}

function routeName({ names }: Sighting): string {
  const name = (names[0] ?? '').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return name.replace(/^-+|-+$/g, '') || 'service';
}

/** Where to dial what is known as that: a wildcard by the loopback, an IPv4 address in IPv6's clothes as what it is. */
function reachable(address: string): string {
  return address
    .replace(/^0\.0\.0\.0:/, '127.0.0.1:')
    .replace(/^\[::\]:/, '[::1]:')
    .replace(/^\[::ffff:([0-9.]+)\]:/, '$1:');
}

/** An IPv6 address begins with what YAML takes for a list. */
function quoted(address: string): string {
  return address.startsWith('[') ? `"${address}"` : address;
}
