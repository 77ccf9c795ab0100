// Nginx: its stream module, with its defaults except for what the comparison asks for: worker processes, room for the
// sessions, keepalive on both legs, no log.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Port } from '../../src/units.js';
import { startChild, until } from '../children.js';
import { childrenOf } from '../process.js';
import { answers, freePorts, makeFolder, type OpenPath, type Path, untilServing } from './path.js';

/** Where Debian's libnginx-mod-stream puts it. */
const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

interface Listen {
  readonly from: Port;
  readonly to: Port;
}

export const nginx: Path = {
  name: 'nginx',
  version,
  open: async (upstream, { workers, cores }): Promise<OpenPath> => {
    const { folder, remove } = makeFolder();
    const file = join(folder, 'nginx.conf');
    const [echo = 0, source = 0, bothWays = 0, later = 0] = await freePorts(4);
    const listens = [
      { from: echo, to: upstream.echo },
      { from: source, to: upstream.source },
      { from: bothWays, to: upstream.bothWays },
    ];
    const write = (all: readonly Listen[]) => writeFileSync(file, configFor(all, workers, folder));
    write(listens);
    const command = ['nginx', '-p', folder, '-c', file, '-e', join(folder, 'error.log')];
    const master = startChild(command, { cores });
    await untilServing('nginx', master, echo);
    return {
      ports: { echo, source, bothWays },
      pids: childrenOf(master.pid),
      reload: async () => {
        write([...listens, { from: later, to: upstream.echo }]);
        const start = performance.now();
        master.signal('SIGHUP');
        await until('nginx to reload', () => answers(later));
        return performance.now() - start;
      },
      close: async () => {
        await master.end();
        remove();
      },
    };
  },
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
