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

/** The relay's namespace and that of a far host, joined by one link. */
export interface Network {
  readonly near: Namespace;
  readonly far: Namespace;
  /** From now on the far host neither hears nor answers, and no one is told: a pulled plug, a NAT that forgot. */
  vanish(): void;
  /** Undoes `vanish`. */
  reappear(): void;
}

export const nearAddress = '10.77.0.1';
export const farAddress = '10.77.0.2';

/** Builds the two namespaces for the length of a test. */
export async function createNetwork(t: ExecutionContext): Promise<Network> {
  const near = await createNamespace(t);
  const far = await createNamespace(t);
  joinNamespaces(
    { namespace: near, address: nearAddress },
    { namespace: far, address: farAddress },
  );
  return {
    near,
    far,
    vanish: () => void far.run('nft', plug),
    reappear: () => void far.run('nft', 'delete table inet plug'),
  };
}

const plug = `
  table inet plug {
    chain in { type filter hook input priority 0; policy drop; }
    chain out { type filter hook output priority 0; policy drop; }
  }`;

/** An empty namespace for the length of a test. */
export async function createNamespace(t: ExecutionContext): Promise<Namespace> {
  // cat ends with the pipe from the test process, whatever becomes of that.
  const hold = 'ip link set lo up && echo held && exec cat';
  const holder = startProgram(t, ['unshare', '--net', 'sh', '-c', hold]);
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

function deviceOf({ address }: End): string {
  return `w${address}`;
}
