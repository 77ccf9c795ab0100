// Resolver: the names of endpoints to addresses, once, off the relay's path.
// The lookup is handed in, so tests need no DNS.
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type EndpointAddress, formatAddress, type TcpAddress } from '../config/address.js';
import type { Config, RouteConfig } from '../config/config.js';
import type { EngineAddress } from '../engine/contract.js';
import { WarmlineError } from '../errors.js';

/** Finds a name's addresses, in the order in which to try them; rejects with an error that has a `code`. */
export type Lookup = (name: string) => Promise<readonly { readonly address: string }[]>;

/** What to dial for each route, by the route's name: numeric addresses in order, each once. */
export type ResolvedEndpoints = ReadonlyMap<string, readonly EngineAddress[]>;

/** Resolves the endpoints of all routes, each name once; throws WL_RESOLVE with a line for each that has no address. */
export async function resolveEndpoints(
  { routes }: Pick<Config, 'routes'>,
  lookup: Lookup = lookupAsConfigured,
): Promise<ResolvedEndpoints> {
  const answers = await lookUpAll(new Set(routes.flatMap(namesOf)), lookup);
  const problems = routes.flatMap((route) => problemsOf(route, answers));
  if (problems.length > 0) {
    const causes = [...answers.values()].flatMap(({ cause }) => cause ?? []);
    throw new WarmlineError('WL_RESOLVE', problems.join('\n'), {
      cause: new AggregateError(causes),
    });
  }
  return new Map(routes.map((route) => [route.name, addressesOf(route, answers)]));
}

/** getaddrinfo(3): /etc/hosts, DNS and whatever else nsswitch.conf(5) names, in the order of gai.conf(5). */
function lookupAsConfigured(name: string): ReturnType<Lookup> {
  return systemLookup(name, { all: true, verbatim: true });
}

/** What a lookup came to; without a cause, no address means that the answer was empty. */
interface Answer {
  readonly addresses: readonly string[];
  readonly cause?: NodeJS.ErrnoException;
}

type Answers = ReadonlyMap<string, Answer>;

async function lookUpAll(names: ReadonlySet<string>, lookup: Lookup): Promise<Answers> {
  const answers = [...names].map(async (name) => [name, await ask(name, lookup)] as const);
  return new Map(await Promise.all(answers));
}

async function ask(name: string, lookup: Lookup): Promise<Answer> {
  try {
    return { addresses: (await lookup(name)).map(({ address }) => address) };
  } catch (cause) {
    return { addresses: [], cause: cause as NodeJS.ErrnoException };
  }
}

function namesOf({ endpoints }: RouteConfig): string[] {
  return endpoints.filter(isNamed).map(({ host }) => host);
}

function isNamed(endpoint: EndpointAddress): endpoint is TcpAddress {
  return 'host' in endpoint && isIP(endpoint.host) === 0;
}

function problemsOf({ name, endpoints }: RouteConfig, answers: Answers): string[] {
  return endpoints
    .filter(isNamed)
    .filter(({ host }) => answers.get(host)?.addresses.length === 0)
    .map(
      (endpoint) =>
        `route ${name}: ${formatAddress(endpoint)}: ${explain(answers.get(endpoint.host))}`,
    );
}

function explain(answer: Answer | undefined): string {
  const code = answer?.cause?.code ?? 'ENOTFOUND';
  if (code === 'ENOTFOUND')
    return 'no address has this name (check the spelling, or write an IP address)';
  if (code === 'EAI_AGAIN')
    return 'DNS did not answer (check the network and /etc/resolv.conf, or write an IP address)';
  return `the lookup failed with ${code} (write an IP address instead)`;
}

function addressesOf({ endpoints }: RouteConfig, answers: Answers): EngineAddress[] {
  const addresses = endpoints.flatMap((endpoint) => flatten(endpoint, answers));
  return [...new Map(addresses.map((address) => [formatAddress(address), address])).values()];
}

function flatten(endpoint: EndpointAddress, answers: Answers): EngineAddress[] {
  if (!isNamed(endpoint)) return [endpoint];
  const addresses = answers.get(endpoint.host)?.addresses ?? [];
  return addresses.map((host) => ({ host, port: endpoint.port }));
}
