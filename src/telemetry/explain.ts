// Explain: what a plan means, in words for people: the lines of a start and the table of a check. Pure.
import { formatAddress } from '../config/address.js';
import type { Config, RouteConfig } from '../config/config.js';
import type { EnginePlan, EngineRoute, LegName, OpenListener } from '../engine/contract.js';
import { describeDetection, formatKeepalive } from '../keepalive/timeline.js';
import { version } from '../version.js';
import { isUnixOnly } from './legs.js';
import type { Started } from './start.js';
import { table } from './table.js';

const legNames = ['client', 'upstream'] as const;

/** What listens where and goes where, what each leg's keepalive is, when a dead peer is noticed, and a line to try. */
export function explainStart(started: Started): string[] {
  const { plan, listeners, echo, workers, fdLimit, sessionLimit } = started;
  return [
    `warmline ${version}`,
    ...plan.routes.flatMap((route) => explainRoute(route, listeners)),
    ...(echo === undefined ? [] : [`echo endpoint: ${echo}`]),
    `workers: ${workers}; about ${sessionLimit} sessions fit in ${fdLimit} file descriptors`,
    ...tryLine(listeners),
  ];
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

/** The plan as a table: one row a leg, with what is dialled, the effective options and when a dead peer is noticed. */
export function explainPlan(config: Config, plan: EnginePlan): string[] {
  const header = [
    'ROUTE',
    'LISTEN',
    'UPSTREAM',
    'ADDRESS',
    'LEG',
    'KEEPALIVE',
    'A DEAD PEER IS NOTICED',
  ];
  const rows = plan.routes.map((route, index) => routeRow(route, config.routes[index]));
  return [...table(header, rows), 'keepalive is idle/interval/count/user timeout'];
}

function routeRow(route: EngineRoute, written: RouteConfig | undefined): string[][] {
  const onLegs = (say: (leg: LegName) => string) =>
    legNames.map((leg) => (isUnixOnly(route, leg) ? 'not applicable' : say(leg)));
  return [
    [route.name],
    route.listeners.map(formatAddress),
    written?.endpoints.map(formatAddress) ?? [],
    route.endpoints.map(formatAddress),
    [...legNames],
    onLegs((leg) => formatKeepalive(route[leg])),
    onLegs((leg) => describeDetection(route[leg])),
  ];
}
