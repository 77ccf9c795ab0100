// PostgreSQL through the relay: a query, and a notification after a pause in which only keepalive probes flow.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { command, requires } from '../helpers/requires.js';
import { freePort, ordinaryUser, relayTo, runToEnd, startService } from '../helpers/service.js';
import { probesFlowed } from '../helpers/sockets.js';
import { findCommand } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

// Debian keeps the server's programs off the PATH.
const versions = '/usr/lib/postgresql';
const folders = existsSync(versions)
  ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
  : [];
const test = requires(
  command('initdb', 'postgresql', ...folders),
  command('postgres', 'postgresql', ...folders),
  command('psql', 'postgresql-client'),
  command('ss', 'iproute2'),
);

test('psql runs a query through the relay', async (t) => {
  const relay = await relayTo(t, await startPostgres(t));
  t.is(await runToEnd('psql', [...psqlArgs(relay.port), '-c', 'select 6 * 7']), '42\n');
});

test('a notification arrives after a pause in which only probes flow', async (t) => {
  const upstreamPort = await startPostgres(t);
  const relay = await relayTo(t, upstreamPort);
  const listener = startService(t, ['psql', ...psqlArgs(relay.port)]);
  listener.write('listen news;\n');
  await listener.until('LISTEN', (line) => line === 'LISTEN' || undefined);

  await probesFlowed(`( sport = :${relay.port} )`, 2);
  await probesFlowed(`( dport = :${upstreamPort} )`, 2);

  await runToEnd('psql', [...psqlArgs(relay.port), '-c', "notify news, 'still warm'"]);
  // psql tells of notifications after its next command.
  listener.write('select 1;\n');
  const told = await listener.until('notification', (line) =>
    line.startsWith('Asynchronous notification') ? line : undefined,
  );
  t.regex(told, /"news" with payload "still warm"/);
});

function psqlArgs(port: Port): string[] {
  return ['-h', '127.0.0.1', '-p', String(port), '-U', 'tester', '-d', 'postgres', '-XAt'];
}

/** A cluster in a temporary folder; resolves with its port when it takes connections. */
async function startPostgres(t: ExecutionContext): Promise<Port> {
  const folder = temporaryFolder(t, ordinaryUser.uid);
  const data = join(folder, 'data');
  const initdb = findCommand('initdb', ...folders) ?? '';
  await runToEnd(initdb, ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync'], ordinaryUser);
  const port = await freePort();
  const postgres = findCommand('postgres', ...folders) ?? '';
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const server = startService(t, [postgres, ...args], { ...ordinaryUser, cwd: folder });
  await server.until('readiness', (line) => line.includes('ready to accept') || undefined);
  return port;
}
