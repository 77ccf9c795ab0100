// Warmline: this checkout's, with keepalive as it is by default, on the engine that `auto` takes and on epoll.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild, until } from '../children.js';
import type { Ports } from '../load.js';
import { makeFolder, type OpenPath, type Path, type RelaySettings } from './path.js';

const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export const warmline: Path = { name: 'warmline', version, open: openWith('auto') };
export const warmlineEpoll: Path = { name: 'warmline epoll', version, open: openWith('epoll') };

function version(): string {
  return 'this checkout';
}

function openWith(engine: string): Path['open'] {
  return async (upstream, settings): Promise<OpenPath> => {
    const { folder, remove } = makeFolder();
    const [file, log] = [join(folder, 'warmline.yaml'), join(folder, 'log')];
    const write = (idle: string) =>
      writeFileSync(file, configFor(upstream, settings, engine, idle));
    write('60s');
    const child = startWarmline(file, log, settings);
    const read = () => readLog(log);
    const ports = await until('warmline to listen', () => listening(child, read()));
    return {
      ports,
      pids: [child.pid],
      reload: async () => {
        write('50s');
        const start = performance.now();
        child.signal('SIGHUP');
        await until('warmline to retune', () =>
          read().find(({ event, route }) => event === 'retuned' && route === 'echo'),
        );
        return performance.now() - start;
      },
      close: async () => {
        await child.end();
        remove();
      },
    };
  };
}

interface LogLine {
  readonly event?: string;
  readonly route?: string;
  readonly address?: string;
}

/** Its log goes to a file: a pipe would have to be read by somebody, and that takes from the CPU that is measured. */
function startWarmline(file: string, log: string, { cores }: RelaySettings): Child {
  const output = openSync(log, 'w');
  try {
    return startChild([process.execPath, program, 'run', file], { cores, output });
  } finally {
    closeSync(output);
  }
}

/** Its whole lines so far. */
function readLog(log: string): LogLine[] {
  const text = readFileSync(log, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** The port of each route, once all of them listen. */
function listening(child: Child, lines: readonly LogLine[]): Ports | undefined {
  const portOf = (name: string) => {
    const line = lines.find(({ event, route }) => event === 'listening' && route === name);
    return Number(line?.address?.split(':').at(-1));
  };
  const ports = { echo: portOf('echo'), source: portOf('source'), bothWays: portOf('bothWays') };
  if (!child.isRunning()) throw new Error(`warmline did not start: ${child.errors()}`);
  return Object.values(ports).every((port) => port > 0) ? ports : undefined;
}

/** Routes as a user would write them. */
function configFor(
  upstream: Ports,
  { workers, logged }: RelaySettings,
  engine: string,
  idle: string,
): string {
  return [
    `engine: ${engine}`,
    `log: { format: json${logged ? '' : ', sessions: none'} }`,
    `workers: ${workers}`,
    `defaults: { keepalive: { idle: ${idle}, interval: 10s, count: 3 } }`,
    'routes:',
    ...Object.entries(upstream).map(
      ([name, port]) =>
        `  - { name: ${name}, listen: '127.0.0.1:0', upstream: '127.0.0.1:${port}' }`,
    ),
    '',
  ].join('\n');
}
