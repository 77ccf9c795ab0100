// Scope: what is audited: this machine, one process or one container; and in which network namespace that is.
import { WarmlineError } from '../../errors.js';
import { hidesOthers, namespaceOf, processIds } from './processes.js';
import { readContainer } from './program.js';

export interface Scope {
  /** One process. */
  readonly pid?: number;
  /** The processes of one container, by its id or the beginning of it. */
  readonly container?: string;
}

export interface Place {
  /** As the addon takes it: '' is ours. */
  readonly networkNamespace: string;
  /** The processes whose sockets are wanted; undefined: everybody's. */
  readonly pids: ReadonlySet<number> | undefined;
}

/** Finds where to look; WL_AUDIT when there is no such process or container. */
export function resolveScope(proc: string, { pid, container }: Scope): Place {
  if (pid === undefined && container === undefined)
    return { networkNamespace: '', pids: undefined };
  const pids = container === undefined ? [] : processesOf(proc, container);
  if (pid !== undefined) pids.push(existing(proc, pid));
  const [first = 0] = pids;
  return { networkNamespace: foreignNamespace(proc, first), pids: new Set(pids) };
}

function existing(proc: string, pid: number): number {
  if (processIds(proc).includes(pid)) return pid;
  if (hidesOthers(proc)) {
    throw new WarmlineError(
      'WL_PRIVILEGE',
      `--pid: expected the id of a process of yours, got ${pid}, and /proc shows no others (hidepid); run it as root, with sudo`,
    );
  }
  throw new WarmlineError(
    'WL_AUDIT',
    `--pid: expected the id of a running process, got ${pid}; list them with: ps -e`,
  );
}

function processesOf(proc: string, id: string): number[] {
  const containers = new Map<number, string>();
  for (const pid of processIds(proc)) {
    const container = readContainer(proc, pid);
    if (container?.startsWith(id.toLowerCase())) containers.set(pid, container);
  }
  const found = new Set(containers.values());
  if (found.size === 1) return [...containers.keys()];
  throw new WarmlineError('WL_AUDIT', `--container: ${wrongContainer(id, [...found])}`);
}

function wrongContainer(id: string, found: readonly string[]): string {
  if (found.length > 1) {
    return `expected one container, ${id} begins ${found.length}: ${found.map(short).join(', ')}`;
  }
  return (
    `expected the id of a running container or its beginning, got ${id}, which no /proc/PID/cgroup names; ` +
    'see the ids with: docker ps --no-trunc, crictl ps --no-trunc'
  );
}

function short(container: string): string {
  return container.slice(0, 12);
}

/** What we may not know is taken for ours: asking the other one would need the privilege that is missing. */
function foreignNamespace(proc: string, pid: number): string {
  const [theirs, ours] = [namespaceOf(proc, pid), namespaceOf(proc, 'self')];
  return theirs === undefined || theirs === ours ? '' : `${proc}/${pid}/ns/net`;
}
