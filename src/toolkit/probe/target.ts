// Target: the one address that is probed. A name is resolved once, so that every connection takes the same path.
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { formatAddress, parseEndpoint, type TcpAddress } from '../../config/address.js';
import { WarmlineError } from '../../errors.js';

/** Finds a name's first address; rejects with an error that has a `code`. */
export type Lookup = (name: string) => Promise<{ readonly address: string }>;

/** Where to: as it was asked for, and as a numeric address. */
export interface Target {
  readonly asked: string;
  readonly address: TcpAddress;
}

/** Throws WL_USAGE for anything but HOST:PORT, and WL_RESOLVE for a name without an address. */
export async function findTarget(text: string, lookup: Lookup = systemLookup): Promise<Target> {
  const parsed = parseEndpoint(text);
  if (!parsed.ok) throw new WarmlineError('WL_USAGE', parsed.message);
  if ('path' in parsed.value) {
    throw new WarmlineError(
      'WL_USAGE',
      `expected HOST:PORT, got "${text}" (no path forgets a unix socket)`,
    );
  }
  const { host, port } = parsed.value;
  const numeric = isIP(host) === 0 ? await resolve(text, host, lookup) : host;
  return { asked: formatAddress(parsed.value), address: { host: numeric, port } };
}

/** "db.internal:5432 (10.0.0.5:5432)", or the address alone where that was asked for. */
export function formatTarget({ asked, address }: Target): string {
  const numeric = formatAddress(address);
  return asked === numeric ? asked : `${asked} (${numeric})`;
}

async function resolve(text: string, name: string, lookup: Lookup): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (cause) {
    const { code = 'ENOTFOUND' } = cause as NodeJS.ErrnoException;
    const message = `${text}: no address was found for the name (${code}); check the spelling, or write an IP address`;
    throw new WarmlineError('WL_RESOLVE', message, { cause });
  }
}
