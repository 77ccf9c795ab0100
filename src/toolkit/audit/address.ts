// Address: an address as the kernel's list has it, '127.0.0.1:80' or '[::1]:80', taken apart.
import type { Port } from '../../units.js';

export interface Endpoint {
  /** Without brackets. */
  readonly host: string;
  readonly port: Port;
}

export function splitAddress(address: string): Endpoint {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

/** Whether it is this machine's alone; an IPv4 address in IPv6's clothes is what it is. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^(::ffff:)?127\./.test(host);
}

/** Whether a listener there takes connections to any address. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
