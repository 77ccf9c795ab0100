// Address: what is listened on and what is dialled, from text to values and back. Never resolves a name.
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Port } from '../units.js';
import { accept, type Parsed, refuse } from './expected.js';

/** `host` stands without brackets, an IPv6 address in its shortest form. */
export interface TcpAddress {
  readonly host: string;
  readonly port: Port;
}

export interface UnixAddress {
  /** Absolute, at most 107 bytes (unix(7)). */
  readonly path: string;
}

/** `host` is an IP address; port 0 takes a free one. */
export type ListenAddress = TcpAddress | UnixAddress;

/** `host` is an IP address or a name. */
export type EndpointAddress = TcpAddress | UnixAddress;

/** How an address to listen on is asked for. */
export const aListenAddress =
  'an address such as "127.0.0.1:7070", "[::1]:7070" or "unix:/run/app.sock"';

/** How an address to dial is asked for. */
export const anEndpoint =
  'an address such as "db.internal:5432", "[2001:db8::5]:5432" or "unix:/run/app.sock"';

/** Parses an address to listen on. Names are refused, because what they stand for may change. */
export function parseListenAddress(text: string): Parsed<ListenAddress> {
  return parseAddress(text, { what: aListenAddress, firstPort: 0, mendName: mendListenName });
}

/** Parses an address to dial. */
export function parseEndpoint(text: string): Parsed<EndpointAddress> {
  return parseAddress(text, { what: anEndpoint, firstPort: 1, mendName: mendHostName });
}

/** Writes an address the way it is read: "127.0.0.1:7070", "[::1]:7070", "db.internal:5432" or "unix:/path". */
export function formatAddress(address: TcpAddress | UnixAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Where the two kinds of address differ. */
interface Rules {
  readonly what: string;
  readonly firstPort: Port;
  /** What is wrong with a name; undefined when it may stand here. */
  readonly mendName: (name: string, port: Port) => string | undefined;
}

const lastPort: Port = 65_535;

/** sun_path holds 108 bytes, the last of which ends it (unix(7)). */
const longestPath = 107;

function parseAddress(text: string, rules: Rules): Parsed<TcpAddress | UnixAddress> {
  if (text.startsWith('unix:')) return parsePath(text, rules);
  const [, ipv6, name = '', digits] = hostAndPort.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined) return refuse(rules.what, text, mendForm(text));
  if (port < rules.firstPort || port > lastPort) {
    return refuse(rules.what, text, `a port is ${rules.firstPort} to ${lastPort}`);
  }
  const mend = ipv6 === undefined ? mendHost(name, port, rules) : mendIPv6(ipv6);
  if (mend !== undefined) return refuse(rules.what, text, mend);
  return accept({ host: ipv6 === undefined ? name : shortest(ipv6), port });
}

const hostAndPort = /^(?:\[([^\]]*)\]|([^:[\]/]+)):([0-9]{1,5})$/;

function parsePath(text: string, { what }: Rules): Parsed<UnixAddress> {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/')) return refuse(what, text, 'the path starts with /');
  if (path.includes('\0')) return refuse(what, text, 'the path has a NUL in it');
  const bytes = Buffer.byteLength(path);
  if (bytes > longestPath)
    return refuse(what, text, `the path has ${bytes} bytes, at most ${longestPath}`);
  return accept({ path });
}

function mendForm(text: string): string | undefined {
  if (text.startsWith('/')) return `write unix:${text}`;
  if (text.includes('://')) return 'no scheme, only host and port';
  if (/^:?[0-9]+$/.test(text)) return mendPortAlone;
  if (/^[^[]*:.*:/.test(text)) return 'IPv6 stands in brackets';
  return /^([^:]+|\[.*\])$/.test(text) ? 'the port is missing' : undefined;
}

const mendPortAlone = 'a port alone; 127.0.0.1 is this machine, 0.0.0.0 every interface';

function mendIPv6(host: string): string | undefined {
  if (host.includes('%')) return 'an IPv6 zone is not supported';
  return isIPv6(host) ? undefined : 'not an IPv6 address';
}

function mendHost(host: string, port: Port, rules: Rules): string | undefined {
  if (isIPv4(host)) return undefined;
  return /(^|\.)[0-9]+$/.test(host) ? 'not an IPv4 address' : rules.mendName(host, port);
}

function mendListenName(name: string, port: Port): string {
  if (name === 'localhost') return `a name; write 127.0.0.1:${port} or [::1]:${port}`;
  if (name === '*') return `write 0.0.0.0:${port} or [::]:${port}`;
  return 'a name; write the IP address of an interface';
}

/** RFC 1123, section 2.1, and the underscore that container networks allow. */
function mendHostName(name: string): string | undefined {
  const labels = name.replace(/\.$/, '').split('.');
  const isHostName = name.length <= 253 && labels.every((label) => hostLabel.test(label));
  return isHostName ? undefined : 'not a host name';
}

const hostLabel = /^\w([\w-]{0,61}\w)?$/;

function shortest(ipv6: string): string {
  return new SocketAddress({ address: ipv6, family: 'ipv6' }).address;
}
