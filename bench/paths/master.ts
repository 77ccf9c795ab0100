// Master: a peer whose master process reads a configuration file, and reads it again on a signal.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Port } from '../../src/units.js';
import { startChild, until } from '../children.js';
import type { Ports } from '../load.js';
import { childrenOf } from '../process.js';
import {
  answers,
  freePorts,
  makeFolder,
  type OpenPath,
  type RelaySettings,
  untilServing,
} from './path.js';

/** A listener and where it leads. */
export interface Listen {
  readonly from: Port;
  readonly to: Port;
}

export interface Master {
  readonly name: string;
  readonly reloadSignal: NodeJS.Signals;
  /** The command line; the folder is the relay's own. */
  command(folder: string, file: string): readonly string[];
  config(listens: readonly Listen[], workers: number, folder: string): string;
}

/** Starts the master and its workers; resolves when they serve. */
export async function openMaster(
  { name, reloadSignal, command, config }: Master,
  upstream: Ports,
  { workers, cores }: RelaySettings,
): Promise<OpenPath> {
  const { folder, remove } = makeFolder();
  const file = join(folder, 'config');
  const [echo = 0, source = 0, bothWays = 0, later = 0] = await freePorts(4);
  const listens = [
    { from: echo, to: upstream.echo },
    { from: source, to: upstream.source },
    { from: bothWays, to: upstream.bothWays },
  ];
  const write = (all: readonly Listen[]) => writeFileSync(file, config(all, workers, folder));
  write(listens);
  const master = startChild(command(folder, file), { cores });
  await untilServing(name, master, echo);
  return {
    ports: { echo, source, bothWays },
    pids: childrenOf(master.pid),
    reload: async () => {
      write([...listens, { from: later, to: upstream.echo }]);
      const start = performance.now();
      master.signal(reloadSignal);
      await until(`${name} to reload`, () => answers(later));
      return performance.now() - start;
    },
    close: async () => {
      await master.end();
      remove();
    },
  };
}
