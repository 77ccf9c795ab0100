// Explain: what a plan means, in words for people: the lines of a start and the tables of a check. Pure.
import { formatAddress } from '../config/address.js';
import type { EngineRoute, LegName, OpenListener } from '../engine/contract.js';
import { errnoName } from '../engine/errno.js';
import {
  describeDetection,
  formatKeepalive,
  type Timeline,
  unboundedInFlight,
} from '../keepalive/timeline.js';
import { table } from '../table.js';
import { formatDuration, type Milliseconds } from '../units.js';
import { version } from '../version.js';
import { isUnixOnly, legNames } from './legs.js';
import type { CheckReport, LegReport, RouteReport, Warning } from './report.js';
import type { Started } from './start.js';

/** What listens where and goes where, what each leg's keepalive is, when a dead peer is noticed, and a line to try. */
export function explainStart(started: Started): string[] {
  const { plan, listeners, echo, engine, fdLimit, sessionLimit } = started;
  return [
    `warmline ${version}`,
    ...plan.routes.flatMap((route) => explainRoute(route, listeners)),
    ...(echo === undefined ? [] : [`echo endpoint: ${echo}`]),
    `workers: ${explainWorkers(engine)}; about ${sessionLimit} sessions fit in ${fdLimit} file descriptors`,
    ...tryLine(listeners),
  ];
}

function explainWorkers({ workers, backEnd, ringRefused }: Started['engine']): string {
  const threads = `${workers} with ${backEnd}`;
  if (ringRefused === null) return threads;
  const { errno, syscall } = ringRefused;
  return `${threads}, as io_uring is refused (${syscall} gave ${errnoName(errno)})`;
}

function explainRoute(route: EngineRoute, listeners: readonly OpenListener[]): string[] {
  const own = listeners.filter((listener) => listener.route === route.name);
  const from = own.map(({ address }) => address).join(', ');
  const to = route.endpoints.map(formatAddress).join(', else ');
  const [client, upstream] = [explainLeg(route, 'client'), explainLeg(route, 'upstream')];
  const legs =
    client === upstream
      ? [`  both legs: ${client}`]
      : [`  client leg: ${client}`, `  upstream leg: ${upstream}`];
  return [`${route.name}: ${from} -> ${to}`, ...legs];
}

function explainLeg(route: EngineRoute, leg: LegName): string {
  if (isUnixOnly(route, leg)) return 'unix sockets, where keepalive does not apply';
  const keepalive = route[leg];
  const detection = describeDetection(keepalive);
  if (keepalive === null) return `keepalive off; a dead peer is noticed: ${detection}`;
  const { idle, interval } = keepalive;
  const probes = `probed after ${idle}s idle, then every ${interval}s, ${keepalive.count} times`;
  return `${probes}; a dead peer is noticed ${detection}`;
}

/** nc(1) speaks to the first listener. */
function tryLine([first]: readonly OpenListener[]): string[] {
  if (first === undefined) return [];
  if (first.address.startsWith('unix:')) return [`try it: nc -U ${first.address.slice(5)}`];
  const colon = first.address.lastIndexOf(':');
  const host = reachable(first.address.slice(0, colon).replace(/^\[|\]$/g, ''));
  return [`try it: nc ${host} ${first.address.slice(colon + 1)}`];
}

/** The loopback of a host that stands for every interface. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** What a check found: the plan and the timelines as tables, and a line for each warning. */
export function explainCheck({ routes, warnings }: CheckReport): string[] {
  return [
    ...explainPlan(routes),
    '',
    ...explainTimelines(routes),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map(explainWarning)]),
  ];
}

/** One row a leg, with what is dialled, the effective options and when a dead peer is noticed. */
function explainPlan(routes: readonly RouteReport[]): string[] {
  const header = [
    'ROUTE',
    'LISTEN',
    'UPSTREAM',
    'ADDRESS',
    'LEG',
    'KEEPALIVE',
    'A DEAD PEER IS NOTICED',
  ];
  const rows = routes.map(({ name, listen, upstream, addresses, legs }) => {
    const onLegs = (say: (keepalive: LegReport['keepalive']) => string) =>
      legNames.map((leg) => (legs[leg].unix ? 'not applicable' : say(legs[leg].keepalive)));
    return [
      [name],
      listen,
      upstream,
      addresses,
      legNames,
      onLegs(formatKeepalive),
      onLegs(describeDetection),
    ];
  });
  return [...table(header, rows), 'keepalive is idle/interval/count/user timeout'];
}

/** One row a leg, with what happens when. */
function explainTimelines(routes: readonly RouteReport[]): string[] {
  const header = [
    'ROUTE',
    'LEG',
    'FIRST PROBE',
    'LAST PROBE',
    'DEAD, IDLE',
    'AFTER AN ANSWERED PROBE',
    'IN FLIGHT',
    'DIALLING',
    'PACKETS',
  ];
  const rows = routes.flatMap(({ name, legs }) =>
    legNames.map((leg) => [
      [leg === 'client' ? name : ''],
      [leg],
      ...timelineCells(legs[leg].timeline).map((cell) => [cell]),
    ]),
  );
  return [
    ...table(header, rows),
    'times are from the last segment received, in flight from the first retransmission, and up to an eighth more',
    'packets are probes and answers in an hour, for 1,000 sessions that are idle',
  ];
}

function timelineCells(timeline: Timeline | null): string[] {
  if (timeline === null) return ['not applicable'];
  const { deadInFlight, dialLimit } = timeline;
  return [
    sayTime(timeline.firstProbe),
    sayTime(timeline.lastProbe),
    sayTime(timeline.deadIdle),
    sayTime(timeline.deadAfterAnsweredProbe),
    deadInFlight === null ? unboundedInFlight : sayTime(Math.ceil(deadInFlight / 1000) * 1000),
    dialLimit === null ? 'not dialled' : sayTime(dialLimit),
    `${timeline.packetsPerHour}`,
  ];
}

function sayTime(time: Milliseconds | null): string {
  return time === null ? 'never' : formatDuration(time);
}

function explainWarning({ code, route, leg, message }: Warning): string {
  return `warning: route ${route}, ${leg} leg: ${message} [${code}]`;
}
