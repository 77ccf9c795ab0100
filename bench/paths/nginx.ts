// Nginx: its stream module, with its defaults except for what the comparison asks for: worker processes, room for the
// sessions, keepalive on both legs, no log.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Listen, openMaster } from './master.js';
import type { Path } from './path.js';

/** Where Debian's libnginx-mod-stream puts it. */
const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

export const nginx: Path = {
  name: 'nginx',
  version,
  open: (upstream, settings) =>
    openMaster(
      {
        name: 'nginx',
        reloadSignal: 'SIGHUP',
        command: (folder, file) => {
          return ['nginx', '-p', folder, '-c', file, '-e', join(folder, 'error.log')];
        },
        config: configFor,
      },
      upstream,
      settings,
    ),
};

function version(): string | undefined {
  if (!existsSync(streamModule)) return undefined;
  return spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr?.match(/nginx\/(\S+)/)?.[1];
}

function configFor(listens: readonly Listen[], workers: number, folder: string): string {
  // Without root's rights it stays who it is, and says so when it is told to be somebody.
  const user = process.getuid?.() === 0 ? ['user root;'] : [];
  return [
    `load_module ${streamModule};`,
    ...user,
    `pid ${folder}/nginx.pid;`,
    'daemon off;',
    'master_process on;',
    `worker_processes ${workers};`,
    'worker_rlimit_nofile 20000;',
    'events { worker_connections 19900; }',
    'stream {',
    '  access_log off;',
    '  proxy_timeout 1h;',
    '  proxy_socket_keepalive on;',
    ...listens.flatMap(({ from, to }) => [
      '  server {',
      `    listen 127.0.0.1:${from} so_keepalive=60s:10s:3;`,
      `    proxy_pass 127.0.0.1:${to};`,
      '  }',
    ]),
    '}',
    '',
  ].join('\n');
}
