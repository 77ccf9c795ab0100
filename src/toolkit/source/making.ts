// Making: what kind of socket a site makes, as its arguments, its callers and its listening socket tell.
import { roleOf } from './descriptors.js';
import type { FunctionBody } from './functions.js';
import { isConfidence, type Kind, kindOf, type Making } from './kinds.js';
import { parameterIn, type Site } from './openings.js';
import { isPlace } from './places.js';
import type { Program } from './program.js';
import { unknown, type Values, valuesOf } from './values.js';

/** So that functions that call each other in a ring come to an end. */
const furthest = 4;

/** Tells what a site makes. */
export function kindAt(site: Site, program: Program): Kind {
  const { fn } = site;
  const [domain, type, protocol] = [site.domain, site.type, site.protocol].map((values) =>
    byCallers(values, fn, program),
  ) as [Values, Values, Values];
  const making: Making = { domain, type, protocol };
  return acceptedKind(site, making, program) ?? kindByName(site, making) ?? kindOf(making);
}

/** Words in names: `open_udp` and `openUdp`, but not `cloudproxy`; `accept_local`, but not `locale`. */
const datagramName = /(?:^|[^A-Za-z])udp|Udp|UDP|[dD]gram|[dD]atagram/;
const unixName = /[uU]nix|UNIX|(?:^|[^A-Za-z])(?:local|uds)(?![a-z])|Local(?![a-z])|UDS|sun_/;

/** Where nothing says that it is a stream, the name of the function may say that it is none: `open_udp`. */
function kindByName({ fn, call }: Site, { type }: Making): Kind | undefined {
  const isNamed = datagramName.test(`${fn.name} ${call.name}`);
  return isNamed && !type.has('SOCK_STREAM') ? 'datagram' : undefined;
}

/** Parameters replaced by what the callers give; they stay when there is no caller. */
function byCallers(values: Values, fn: FunctionBody, program: Program, depth = 0): Values {
  const parameters = [...values].filter((value) => parameterIn(value) !== undefined);
  const callers = parameters.length > 0 && depth < furthest ? program.callersOf(fn) : [];
  if (callers.length === 0) return values;
  const known = [...values].filter((value) => parameterIn(value) === undefined);
  const given = callers.flatMap(({ fn: caller, call }) =>
    parameters.flatMap((parameter) => {
      const argument = call.args[parameterIn(parameter) ?? 0] ?? [];
      const found = valuesOf(argument, caller, program.constants);
      return [...byCallers(found, caller, program, depth + 1)];
    }),
  );
  return new Set([...known, ...given]);
}

/** What accept(2) gives is what its listening socket is, where that is told in the same function or file. */
function acceptedKind(site: Site, making: Making, program: Program): Kind | undefined {
  const { opening, fn, call } = site;
  if (opening.listening === null) return undefined;
  if (![...making.domain].some((value) => value === unknown || parameterIn(value) !== undefined))
    return undefined;
  const listening = call.args[opening.listening] ?? [];
  const named = [fn.name, ...listening.map(({ text }) => text)].join(' ');
  if (unixName.test(named)) return 'unix';
  const makers = makersFor(site, program);
  const kinds = makers.map(({ domain, type, protocol }) => kindOf({ domain, type, protocol }));
  return kinds.some(isConfidence) ? undefined : kinds[0];
}

/** The sites that made the listening socket: those that keep it in the same place, else all listeners of the file. */
function makersFor({ opening, call, fn }: Site, program: Program): Site[] {
  const listening = call.args[opening.listening ?? 0] ?? [];
  const sockets = program.sites.filter((one) => one.fn.file === fn.file && canListen(one));
  const own = sockets.filter(
    (one) => one.fn === fn && one.places.some((place) => isPlace(listening, place)),
  );
  return own.length > 0 ? own : sockets.filter((one) => roleOf(one, program) === 'listener');
}

/** Neither datagram nor raw sockets listen, so they tell nothing of what is accepted. */
function canListen({ opening, type }: Site): boolean {
  const isStream = (value: string) => /^SOCK_(STREAM|SEQPACKET)$|^parameter:|^\?$|^1$/.test(value);
  return opening.call === 'socket' && [...type].some(isStream);
}
