// Kinds: whether a socket of this domain, type and protocol is TCP (socket(2), address_families(7)). Pure.
import { unknown, type Values } from './values.js';

export type Confidence = 'certain' | 'likely' | 'unclear';

/** What a socket is, or why it is no TCP socket. */
export type Kind = Confidence | 'unix' | 'datagram' | 'other';

const unixDomains = /^(AF|PF)_(UNIX|LOCAL|FILE)$|^1$/;
const internetDomains = /^(AF|PF)_INET6?$|^(2|10)$/;
const streamTypes = /^SOCK_STREAM$|^1$/;
const datagramTypes = /^SOCK_DGRAM$|^2$/;
/** Or'ed into a type; no type by themselves. */
const typeFlags = /^SOCK_(CLOEXEC|NONBLOCK)$/;
const tcpProtocols = /^IPPROTO_(TCP|MPTCP|IP|IPV6)$|^(0|6|262)$/;
const datagramProtocols = /^IPPROTO_(UDP|UDPLITE)$|^17$/;

/** Whether it may be TCP. */
export function isConfidence(kind: Kind): kind is Confidence {
  return kind === 'certain' || kind === 'likely' || kind === 'unclear';
}

/** What is known of a socket's making. */
export interface Making {
  readonly domain: Values;
  readonly type: Values;
  readonly protocol: Values;
}

/** Decides by what is known; where both TCP and something else are possible, it is `likely` TCP. */
export function kindOf({ domain, type, protocol }: Making): Kind {
  const domains = [...domain];
  const types = [...type].filter((value) => !typeFlags.test(value));
  const protocols = [...protocol];
  if (all(domains, unixDomains)) return 'unix';
  if (all(types, datagramTypes) || all(protocols, datagramProtocols)) return 'datagram';
  if (!domains.some((value) => internetDomains.test(value) || isOpen(value))) return 'other';
  if (!types.some((value) => streamTypes.test(value) || isOpen(value))) return 'other';
  if (!protocols.some((value) => tcpProtocols.test(value) || isOpen(value))) return 'other';
  const internet = all(domains, internetDomains);
  const stream = all(types, streamTypes) || all(protocols, /^IPPROTO_(TCP|MPTCP)$/);
  if (internet && stream) return 'certain';
  const named = (values: readonly string[], kind: RegExp) =>
    values.some((value) => kind.test(value));
  return named(domains, internetDomains) || named(types, streamTypes) ? 'likely' : 'unclear';
}

/** Not known: it may be anything. AF_UNSPEC is a wish, not an answer, and so is a type of 0. */
function isOpen(value: string): boolean {
  return value === unknown || value.startsWith('parameter:') || /^(AF|PF)_UNSPEC$|^0$/.test(value);
}

function all(values: readonly string[], kind: RegExp): boolean {
  return values.length > 0 && values.every((value) => kind.test(value));
}
