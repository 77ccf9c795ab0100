// Audit words: an audit's report for people: what there is, why it would be lost, what helps, and a last line that sums up.
import { formatKeepalive } from '../keepalive/timeline.js';
import { table } from '../table.js';
import { describeBox } from '../toolkit/audit/box.js';
import type { ProgramReport } from '../toolkit/audit/programs.js';
import type { Remedy } from '../toolkit/audit/remedies.js';
import type {
  AuditedConnection,
  AuditedListener,
  AuditReport,
  ProcessName,
} from '../toolkit/audit/report.js';
import { durationUnits, formatDuration, type Milliseconds } from '../units.js';

/** The lines of a report. */
export function auditWords(report: AuditReport): string[] {
  const sections = [
    connectionTable(report.connections.filter(({ verdict }) => verdict !== 'none')),
    listenerTable(report.listeners),
    reasons([...report.connections, ...report.listeners]),
    ...report.programs.map(programWords),
    [...blindSpots(report), summary(report)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function connectionTable(connections: readonly AuditedConnection[]): string[] {
  if (connections.length === 0) return [];
  const header = ['LOCAL', 'PEER', 'PROCESS', 'KEEPALIVE', 'NEXT', 'HEARD', 'IDLE', 'VERDICT'];
  const rows = connections.map((each) => [
    each.local,
    each.peer,
    processWords(each.processes),
    keepaliveWords(each),
    timeWords(each.timerLeft),
    timeWords(each.lastHeard),
    timeWords(each.payloadIdle),
    verdictWords(each),
  ]);
  return table(
    header,
    rows.map((cells) => cells.map((cell) => [cell])),
  );
}

function listenerTable(listeners: readonly AuditedListener[]): string[] {
  if (listeners.length === 0) return [];
  const header = ['LISTENS ON', 'PROCESS', 'INHERITED', 'ACCEPTED NOW', 'VERDICT'];
  const rows = listeners.map((each) => [
    each.local,
    processWords(each.processes),
    keepaliveWords(each),
    `${each.accepted.on} with, ${each.accepted.off} without${each.accepted.unknown > 0 ? `, ${each.accepted.unknown} unknown` : ''}`,
    verdictWords(each),
  ]);
  return table(
    header,
    rows.map((cells) => cells.map((cell) => [cell])),
  );
}

function processWords(processes: readonly ProcessName[]): string {
  const [first, ...others] = processes;
  if (first === undefined) return '?';
  return `${first.name}/${first.pid}${others.length === 0 ? '' : ` +${others.length}`}`;
}

function keepaliveWords({
  keepalive,
  values,
}: Pick<AuditedConnection, 'keepalive' | 'values'>): string {
  if (keepalive !== 'on') return keepalive;
  return values === null ? 'on' : formatKeepalive(values);
}

function verdictWords({ verdict, code }: Pick<AuditedConnection, 'verdict' | 'code'>): string {
  return code === null ? verdict : `${verdict}: ${code}`;
}

/** Rounded down to what a person wants to know. */
function timeWords(duration: Milliseconds | null): string {
  if (duration === null) return '-';
  const { s, m, h } = durationUnits;
  const unit = duration < 10 * m ? s : duration < 48 * h ? m : h;
  return formatDuration(Math.floor(duration / unit) * unit).replace(/^0ms$/, '0s');
}

/** Each reason once, with how many it holds for. */
function reasons(
  audited: readonly Pick<AuditedConnection, 'verdict' | 'code' | 'why'>[],
): string[] {
  const counts = new Map<string, number>();
  for (const { verdict, code, why } of audited) {
    if (verdict !== 'lost' && verdict !== 'unknown') continue;
    const reason = `${code ?? verdict}: ${why}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} x ${reason}`);
}

function programWords(program: ProgramReport): string[] {
  const { name, role, pids, connections, listeners, preload, remedies } = program;
  const what = [
    ...(connections > 0 ? [counted(connections, 'connection')] : []),
    ...(listeners > 0 ? [counted(listeners, 'listener')] : []),
  ].join(' and ');
  return [
    `${name} as ${role}: ${what}, ${pids.length === 1 ? 'process' : 'processes'} ${someOf(pids)}; ${preload}`,
    ...remedies.flatMap(remedyWords),
  ];
}

function remedyWords({ title, where, snippet, note }: Remedy): string[] {
  const heading = `  ${title} (${where})${note === '' ? '' : `: ${note}`}`;
  return [heading, ...snippet.split('\n').map((line) => `      ${line}`)];
}

function someOf(pids: readonly number[]): string {
  const shown = pids.slice(0, 5).join(', ');
  return pids.length > 5 ? `${shown} and ${pids.length - 5} more` : shown;
}

/** What this audit could not see, and how to. */
function blindSpots({ summary }: AuditReport): string[] {
  const { unattributed, hiddenProcesses, otherNamespaces, leftOut, complete } = summary;
  return [
    ...(unattributed > 0
      ? [`${counted(unattributed, 'socket')} ${whyNobodys(hiddenProcesses)}`]
      : []),
    ...(otherNamespaces > 0
      ? [
          `${counted(otherNamespaces, 'process', 'processes')} in other network namespaces not looked at: take --container ID or --pid PID`,
        ]
      : []),
    ...(leftOut > 0
      ? [`${counted(leftOut, 'socket')} of this machine alone left out: take --all`]
      : []),
    ...(complete ? [] : ["the kernel's list changed too fast or was too long to be read whole"]),
  ];
}

function whyNobodys(hidden: number | null): string {
  if (hidden === null) {
    return 'whose process is not known: /proc shows none of others (hidepid); see them with sudo';
  }
  if (hidden > 0) {
    const processes = counted(hidden, 'process', 'processes');
    return `whose process is not known: ${processes} may not be looked into; see them with sudo`;
  }
  return "whose process does not show in /proc: the kernel's own, or of another PID namespace";
}

function summary({ summary, box }: AuditReport): string {
  const { connections, on, off, unknown, lost, undecided, lostListeners } = summary;
  const behind = box === null ? '' : ` behind ${describeBox(box)}`;
  return (
    `${counted(connections, 'connection')}: ${on} with keepalive, ${off} without, ${unknown} unknown; ` +
    `${lost} would be lost${behind}, ${undecided} undecided; ` +
    `${counted(lostListeners, 'listener')} without`
  );
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
