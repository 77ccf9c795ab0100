// Preloaded: programs with the preload library in them, and what they tell of their sockets.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import type { Need } from './requires.js';
import { systemEnv } from './system.js';

/** What a program of test/fixtures/preload/ says of each of its sockets: "off", or idle/interval/count/user timeout. */
export type Told = Readonly<Record<string, string>>;

export interface Run {
  readonly told: Told;
  readonly stderr: string;
}

/** Debian's libkeepalive, with which ours is compared. */
export const libkeepalive = '/usr/lib/libkeepalive.so';

export const hasLibkeepalive: Need = {
  met: () => existsSync(libkeepalive),
  remedy: 'needs libkeepalive: apt-get install libkeepalive0',
};

/** Seconds, seconds and probes: what holds where nobody says otherwise. */
export const system = {
  idle: setting('tcp_keepalive_time'),
  interval: setting('tcp_keepalive_intvl'),
  count: setting('tcp_keepalive_probes'),
} as const;

function setting(name: string): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8'));
}

/** What a program tells of a socket with these values, and the system's own for what is left out. */
export function holding(values: Partial<typeof system> = {}, userTimeout = 0): string {
  const { idle, interval, count } = { ...system, ...values };
  return [idle, interval, count, userTimeout].join('/');
}

/** The environment of a program with the library in it. */
export function preloadedEnv(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...systemEnv, LD_PRELOAD: findLibrary(), ...variables };
}

/** Runs a program that tells to its end; fails unless it exits with 0. */
export function runPreloaded(
  commandLine: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>> = {},
): Run {
  const [command, ...args] = commandLine;
  const options = { encoding: 'utf8', env: preloadedEnv(variables), timeout: 60_000 } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`);
  return { told: parse(stdout), stderr };
}

function parse(stdout: string): Told {
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], line.replace(/^\S+ ?/, '')]));
}
