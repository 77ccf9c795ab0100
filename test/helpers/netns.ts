// Netns: network namespaces for tests. Each is held by a process that ends with the test process, so nothing
// is named, nothing stands in /var/run/netns and nothing is left behind, however the test ends.
import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { type CommandLine, startProgram } from './program.js';
import { systemEnv } from './system.js';

/** A network namespace with its loopback up. */
export interface Namespace {
  /** The process that holds it. */
  readonly holder: number;
  /** The command line that runs a program in it. */
  enter(...commandLine: CommandLine): CommandLine;
  /** Runs a short program in it to its end and returns what it printed. */
  run(...commandLine: CommandLine): string;
}

/** An empty namespace for the length of a test. */
export async function createNamespace(t: ExecutionContext): Promise<Namespace> {
  // cat ends with the pipe from the test process, whatever becomes of that.
  const hold = 'ip link set lo up && echo held && exec cat';
  const holder = startProgram(t, ['unshare', '--net', 'sh', '-c', hold], { env: systemEnv });
  await holder.until('namespace', (line) => line === 'held' || undefined);
  const enter = (...commandLine: CommandLine): CommandLine => [
    'nsenter',
    `--net=/proc/${holder.pid}/ns/net`,
    ...commandLine,
  ];
  return {
    holder: holder.pid,
    enter,
    run: (...commandLine) => {
      const [command, ...args] = enter(...commandLine);
      return execFileSync(command, args, { encoding: 'utf8', env: systemEnv, stdio: 'pipe' });
    },
  };
}

/** One end of a link: its device is named after the address that it has, one of a /24. */
interface End {
  readonly namespace: Namespace;
  readonly address: string;
}

/** Lays a link between two namespaces. */
export function joinNamespaces(one: End, other: End): void {
  const peer = ['peer', deviceOf(other), 'netns', String(other.namespace.holder)];
  one.namespace.run('ip', 'link', 'add', deviceOf(one), 'type', 'veth', ...peer);
  for (const end of [one, other]) {
    end.namespace.run('ip', 'address', 'add', `${end.address}/24`, 'dev', deviceOf(end));
    end.namespace.run('ip', 'link', 'set', deviceOf(end), 'up');
  }
}

/** The device that has this address. */
export function deviceOf({ address }: Pick<End, 'address'>): string {
  return `w${address}`;
}

/** From now on nothing gets in or out of the namespace, and no one is told. */
export function plug(namespace: Namespace): void {
  namespace.run('nft', dropEverything);
}

/** Undoes `plug`. */
export function unplug(namespace: Namespace): void {
  namespace.run('nft', 'delete table inet plug');
}

const dropEverything = `
  table inet plug {
    chain in { type filter hook input priority 0; policy drop; }
    chain out { type filter hook output priority 0; policy drop; }
  }`;
