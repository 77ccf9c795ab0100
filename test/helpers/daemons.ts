// Daemons: real servers with the settings that a test wants, each the test's own, on a free port of 127.0.0.1.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { command } from './requires.js';
import { freePort, ordinaryUser, runToEnd, startService } from './service.js';
import { findCommand } from './system.js';
import { temporaryFolder } from './temporary.js';

// Debian keeps the server's programs off the PATH.
const versions = '/usr/lib/postgresql';
const postgresFolders = existsSync(versions)
  ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
  : [];

export const postgresNeeds = [
  command('initdb', 'postgresql', ...postgresFolders),
  command('postgres', 'postgresql', ...postgresFolders),
  command('psql', 'postgresql-client'),
];

/** A cluster in a temporary folder; resolves with its port when it takes connections. */
export async function startPostgres(
  t: ExecutionContext,
  settings: readonly string[] = [],
): Promise<Port> {
  const folder = temporaryFolder(t, ordinaryUser.uid);
  const data = join(folder, 'data');
  const initdb = findCommand('initdb', ...postgresFolders) ?? '';
  await runToEnd(initdb, ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync'], ordinaryUser);
  const port = await freePort();
  const postgres = findCommand('postgres', ...postgresFolders) ?? '';
  const all = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    ...settings,
  ];
  const args = ['-D', data, '-p', String(port), ...all.flatMap((setting) => ['-c', setting])];
  const server = startService(t, [postgres, ...args], { ...ordinaryUser, cwd: folder });
  await server.until('readiness', (line) => line.includes('ready to accept') || undefined);
  return port;
}

/** What psql needs to reach it, besides what to do there. */
export function psqlArgs(port: Port): string[] {
  return ['-h', '127.0.0.1', '-p', String(port), '-U', 'tester', '-d', 'postgres', '-XAt'];
}

/** Resolves with its port when it takes connections. */
export async function startRedis(
  t: ExecutionContext,
  settings: readonly string[] = [],
): Promise<Port> {
  const port = await freePort();
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', temporaryFolder(t)];
  const plain = ['--save', '', '--appendonly', 'no'];
  const server = startService(t, ['redis-server', ...place, ...plain, ...settings]);
  await server.until('readiness', (line) => /ready to accept/i.test(line) || undefined);
  return port;
}
