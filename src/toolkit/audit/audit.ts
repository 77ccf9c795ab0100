// Audit: every TCP connection and listener of a network namespace, whose it is, and whether it would be lost without a word.
// Reads the kernel's list and /proc; changes nothing.
import { loadAddon } from '../../engine/addon.js';
import { errnoName } from '../../engine/errno.js';
import type { DumpResult, SocketDiagnosis } from '../../engine/sock_diag.js';
import { WarmlineError } from '../../errors.js';
import type { Port } from '../../units.js';
import { type Box, recommendedKeepalive } from './box.js';
import { judgeConnection } from './judge.js';
import { accepts, countAccepted, judgeListener } from './listeners.js';
import { findHolders, type SocketHolders } from './processes.js';
import { type Program, readProgram } from './program.js';
import { reportPrograms } from './programs.js';
import type { AuditedConnection, AuditedListener, AuditReport, Summary } from './report.js';
import { type Place, resolveScope, type Scope } from './scope.js';
import { canIdle, joinSockets, type TcpSocket } from './sockets.js';

export interface AuditOptions extends Scope {
  /** Connections accepted on this port, and its listeners. */
  readonly listen?: Port;
  /** What to judge against. */
  readonly box?: Box | undefined;
  /** Also what stays on this machine. */
  readonly all?: boolean;
}

/** Where an audit looks. */
export interface AuditMachine {
  readonly addon: SocketDiagnosis;
  /** Where proc(5) is mounted. */
  readonly proc: string;
}

/** This machine, through the native addon. */
export function auditedMachine(): AuditMachine {
  return { addon: loadAddon(), proc: '/proc' };
}

/** More sockets than this are not read. */
const mostSockets = 1_000_000;

/** Audits; throws WL_AUDIT for a scope that is not there, WL_PRIVILEGE where the kernel refuses. */
export function audit(options: AuditOptions, { addon, proc }: AuditMachine): AuditReport {
  const place = resolveScope(proc, options);
  const { sockets, complete } = dumpOrThrow(addon, place);
  const owners = findHolders(proc, place.pids);
  refuseHidden(place, owners);
  const all = joinSockets(addon, sockets, owners.holders);
  const wanted = all.filter((socket) => isWanted(socket, place, options));
  const isShown = ({ isLocal }: TcpSocket) => options.all === true || !isLocal;
  const shown = wanted.filter(isShown);
  const programs = programReader(proc);
  const connections = auditConnections(shown, all, programs, options.box);
  const listeners = auditListeners(shown, all, programs, options.box);
  const recommended = recommendedKeepalive(options.box);
  return {
    box: options.box === undefined ? null : { preset: null, ...options.box },
    recommended,
    connections,
    listeners,
    programs: reportPrograms(connections, listeners, programs, options.box, recommended),
    summary: {
      ...count(connections, listeners),
      leftOut: wanted.filter((socket) => !isShown(socket) && isOfInterest(socket)).length,
      unattributed: shown.filter(({ holders, inode }) => holders.length === 0 && inode !== 0)
        .length,
      hiddenProcesses: owners.hidden,
      otherNamespaces: owners.elsewhere,
      complete,
    },
  };
}

/** What the table would show. */
function isOfInterest(socket: TcpSocket): boolean {
  return socket.state === 'listen' || canIdle(socket);
}

function dumpOrThrow(addon: SocketDiagnosis, place: Place): DumpResult & { ok: true } {
  const { networkNamespace } = place;
  const result = addon.dumpTcpSockets({ networkNamespace, limit: mostSockets });
  if (result.ok) return result;
  const { errno, syscall } = result.failure;
  const failed = `${syscall} gave ${errnoName(errno)}`;
  if (errnoName(errno) !== 'EPERM' && errnoName(errno) !== 'EACCES') {
    throw new WarmlineError('WL_AUDIT', `the kernel's list of TCP sockets: ${failed}`);
  }
  throw new WarmlineError(
    'WL_PRIVILEGE',
    `${networkNamespace || 'the list of TCP sockets'}: ${failed}; to look into another network namespace run it as root, ` +
      'with sudo',
  );
}

/** One process that was asked for by name is worth an error, not an empty table. */
function refuseHidden({ pids }: Place, { hidden }: SocketHolders): void {
  if (pids === undefined || hidden === null || hidden < pids.size) return;
  throw new WarmlineError(
    'WL_PRIVILEGE',
    `process ${[...pids].join(', ')}: its sockets may not be listed, it belongs to somebody else; run it as root, with sudo`,
  );
}

function isWanted(socket: TcpSocket, { pids }: Place, { listen }: AuditOptions): boolean {
  if (pids !== undefined && !socket.holders.some(({ pid }) => pids.has(pid))) return false;
  return listen === undefined || socket.port === listen;
}

/** Reads each process once. */
function programReader(proc: string): (pid: number) => Program | undefined {
  const read = new Map<number, Program | undefined>();
  return (pid) => {
    if (!read.has(pid)) read.set(pid, readProgram(proc, pid));
    return read.get(pid);
  };
}

type ProgramReader = ReturnType<typeof programReader>;

function auditConnections(
  shown: readonly TcpSocket[],
  all: readonly TcpSocket[],
  programs: ProgramReader,
  box: Box | undefined,
): AuditedConnection[] {
  const listening = all.filter(({ state }) => state === 'listen');
  return shown.flatMap((socket) => {
    if (socket.state === 'listen') return [];
    const isAccepted = listening.some((listener) => accepts(listener, socket));
    const { peer, timerLeft, probes, payloadIdle, lastHeard } = socket;
    return {
      ...described(socket, programs),
      peer,
      role: isAccepted ? 'server' : 'client',
      timerLeft,
      probes,
      payloadIdle,
      lastHeard,
      ...judgeConnection(socket, box),
    };
  });
}

function auditListeners(
  shown: readonly TcpSocket[],
  all: readonly TcpSocket[],
  programs: ProgramReader,
  box: Box | undefined,
): AuditedListener[] {
  const connections = all.filter(({ state }) => state !== 'listen');
  return shown.flatMap((socket) => {
    if (socket.state !== 'listen') return [];
    const accepted = countAccepted(socket, connections);
    const { port } = socket;
    return {
      ...described(socket, programs),
      port,
      accepted,
      ...judgeListener(socket, accepted, box),
    };
  });
}

function described(socket: TcpSocket, programs: ProgramReader) {
  const { local, state, isLocal, uid, inode, holders, keepalive, values, unread } = socket;
  const pids = [...new Set(holders.map(({ pid }) => pid))];
  const [first] = pids;
  return {
    local,
    state,
    loopback: isLocal,
    uid,
    inode,
    processes: pids.map((pid) => ({ pid, name: programs(pid)?.name ?? '' })),
    container: first === undefined ? null : (programs(first)?.container ?? null),
    keepalive,
    values,
    unread,
  };
}

function count(
  connections: readonly AuditedConnection[],
  listeners: readonly AuditedListener[],
): Pick<
  Summary,
  'connections' | 'on' | 'off' | 'unknown' | 'lost' | 'undecided' | 'listeners' | 'lostListeners'
> {
  const judged = connections.filter(({ verdict }) => verdict !== 'none');
  const having = (wanted: TcpSocket['keepalive']) =>
    judged.filter(({ keepalive }) => keepalive === wanted).length;
  return {
    connections: judged.length,
    on: having('on'),
    off: having('off'),
    unknown: having('unknown'),
    lost: judged.filter(({ verdict }) => verdict === 'lost').length,
    undecided: judged.filter(({ verdict }) => verdict === 'unknown').length,
    listeners: listeners.length,
    lostListeners: listeners.filter(({ verdict }) => verdict === 'lost').length,
  };
}
