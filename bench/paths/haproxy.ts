// HAProxy: in master-worker mode, its defaults except for what the comparison asks for: threads, room for the sessions,
// keepalive on both legs, no log.
import { spawnSync } from 'node:child_process';
import { type Listen, openMaster } from './master.js';
import type { Path } from './path.js';

export const haproxy: Path = haproxyPath('haproxy', false);
export const haproxySplice: Path = haproxyPath('haproxy splice', true);

function haproxyPath(name: string, splice: boolean): Path {
  return {
    name,
    version,
    open: (upstream, settings) =>
      openMaster(
        {
          name,
          reloadSignal: 'SIGUSR2',
          command: (_, file) => ['haproxy', '-W', '-db', '-f', file],
          config: (listens, workers) => configFor(listens, workers, splice),
        },
        upstream,
        settings,
      ),
  };
}

function version(): string | undefined {
  return spawnSync('haproxy', ['-v'], { encoding: 'utf8' }).stdout?.match(/version (\S+)/)?.[1];
}

function configFor(listens: readonly Listen[], workers: number, splice: boolean): string {
  return [
    'global',
    `  nbthread ${workers}`,
    '  maxconn 9900',
    // A quarter of maxconn by default, which would be more descriptors than there are; no figure splices more at a time.
    ...(splice ? ['  maxpipes 80'] : []),
    'defaults',
    '  mode tcp',
    '  timeout connect 10s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...keepaliveFor('cli'),
    ...keepaliveFor('srv'),
    ...(splice ? ['  option splice-auto'] : []),
    ...listens.flatMap(({ from, to }) => [
      `listen from_${from}`,
      `  bind 127.0.0.1:${from}`,
      `  server upstream 127.0.0.1:${to}`,
    ]),
    '',
  ].join('\n');
}

function keepaliveFor(leg: 'cli' | 'srv'): string[] {
  const name = `${leg}tcpka`;
  return [`  option ${name}`, `  ${name}-idle 60s`, `  ${name}-intvl 10s`, `  ${name}-cnt 3`];
}
