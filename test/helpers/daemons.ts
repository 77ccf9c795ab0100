// Daemons: real servers with the settings that a test wants, each the test's own, on a free port of 127.0.0.1.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import type { CommandLine } from './program.js';
import { command, root } from './requires.js';
import { freePort, ordinaryUser, runToEnd, startService } from './service.js';
import { findCommand } from './system.js';
import { tcpRows } from './tcp_table.js';
import { temporaryFolder } from './temporary.js';
import { until } from './waiting.js';

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

/** An sshd that lets nobody in, with the settings of sshd_config(5); resolves with its port. */
export async function startSshd(
  t: ExecutionContext,
  settings: readonly string[] = [],
): Promise<Port> {
  const folder = temporaryFolder(t);
  const key = join(folder, 'host');
  await runToEnd('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const port = await freePort();
  const config = [`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${key}`, 'PidFile none'];
  writeFileSync(join(folder, 'sshd_config'), [...config, 'UsePAM no', ...settings, ''].join('\n'));
  const sshd = sshdCommand(['-D', '-e', '-f', join(folder, 'sshd_config')]);
  const server = startService(t, sshd);
  await server.until('listener', (line) => line.startsWith('Server listening') || undefined);
  return port;
}

/** As root sshd wants the empty folder /run/sshd: it gets one in a mount namespace of its own. */
export function sshdCommand(args: readonly string[]): CommandLine {
  const sshd = findCommand('sshd') ?? '';
  if (!root.met()) return [sshd, ...args];
  const prepare = 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$0" "$@"';
  return ['unshare', '--mount', 'sh', '-c', prepare, sshd, ...args];
}

/** nginx relaying a TCP port to another, with parameters of `listen` and further statements; resolves with its port. */
export async function startNginx(
  t: ExecutionContext,
  upstream: Port,
  { listen = '', statements = '' } = {},
): Promise<Port> {
  const [folder, port] = [temporaryFolder(t), await freePort()];
  const server = `listen 127.0.0.1:${port} ${listen}; ${statements} proxy_pass 127.0.0.1:${upstream};`;
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;`;
  const config = `${nginxStreamModule()}${main} events {} stream { server { ${server} } }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  startService(t, ['nginx', '-c', join(folder, 'nginx.conf')]);
  await listens(port);
  return port;
}

/** Debian builds nginx's stream module apart. */
export function nginxStreamModule(): string {
  const path = '/usr/lib/nginx/modules/ngx_stream_module.so';
  return existsSync(path) ? `load_module ${path}; ` : '';
}

/** HAProxy relaying a TCP port to another, with further statements of its `listen`; resolves with its port. */
export async function startHaproxy(
  t: ExecutionContext,
  upstream: Port,
  statements: readonly string[] = [],
): Promise<Port> {
  const [folder, port] = [temporaryFolder(t), await freePort()];
  const timeouts = ['mode tcp', 'timeout client 1m', 'timeout server 1m', 'timeout connect 5s'];
  const place = [`bind 127.0.0.1:${port}`, `server s 127.0.0.1:${upstream}`];
  const lines = [
    'listen relay',
    ...[...timeouts, ...place, ...statements].map((line) => `  ${line}`),
  ];
  writeFileSync(join(folder, 'haproxy.cfg'), [...lines, ''].join('\n'));
  startService(t, ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')]);
  await listens(port);
  return port;
}

/** For servers that print nothing when they are ready. */
async function listens(port: Port): Promise<void> {
  await until(`listener on port ${port}`, () =>
    tcpRows(port).some(({ state }) => state === 'LISTEN'),
  );
}
