// HAProxy: in master-worker mode, its defaults except for what the comparison asks for: threads, room for the sessions,
// keepalive on both legs, no log.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Port } from '../../src/units.js';
import { startChild, until } from '../children.js';
import { childrenOf } from '../process.js';
import { answers, freePorts, makeFolder, type OpenPath, type Path, untilServing } from './path.js';

export const haproxy: Path = haproxyPath('haproxy', false);
export const haproxySplice: Path = haproxyPath('haproxy splice', true);

/** A listener and where it leads. */
interface Listen {
  readonly from: Port;
  readonly to: Port;
}

function haproxyPath(name: string, splice: boolean): Path {
  return {
    name,
    version,
    open: async (upstream, { workers, cores }): Promise<OpenPath> => {
      const { folder, remove } = makeFolder();
      const file = join(folder, 'haproxy.cfg');
      const [echo = 0, source = 0, bothWays = 0, later = 0] = await freePorts(4);
      const listens = [
        { from: echo, to: upstream.echo },
        { from: source, to: upstream.source },
        { from: bothWays, to: upstream.bothWays },
      ];
      const write = (all: readonly Listen[]) =>
        writeFileSync(file, configFor(all, workers, splice));
      write(listens);
      const master = startChild(['haproxy', '-W', '-db', '-f', file], { cores });
      await untilServing('haproxy', master, echo);
      return {
        ports: { echo, source, bothWays },
        pids: childrenOf(master.pid),
        reload: async () => {
          write([...listens, { from: later, to: upstream.echo }]);
          const start = performance.now();
          master.signal('SIGUSR2');
          await until('haproxy to reload', () => answers(later));
          return performance.now() - start;
        },
        close: async () => {
          await master.end();
          remove();
        },
      };
    },
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
