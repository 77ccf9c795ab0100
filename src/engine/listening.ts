// Listening: what to tell a user whose address could not be listened on. Says the cause and the mend in one line.
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { WarmlineError } from '../errors.js';
import type { ApplyResult } from './contract.js';
import { errnoName } from './errno.js';

type FailedApply = Extract<ApplyResult, { ok: false }>;

/** A failed apply as an error: WL_LISTEN, with the route, the address, the cause and what to do about it. */
export function listenError({ route, address, failure }: FailedApply): WarmlineError {
  const name = errnoName(failure.errno);
  const cause = address.startsWith('unix:')
    ? unixCause(name, address.slice(5))
    : tcpCause(name, address);
  const sentence =
    cause ??
    `${failure.syscall} failed: ${getSystemErrorMap().get(-failure.errno)?.[1] ?? 'unknown error'}`;
  return new WarmlineError(
    'WL_LISTEN',
    `route "${route}": cannot listen on ${address}: ${sentence} (${name})`,
  );
}

/** ip(7) and bind(2): the causes that a user can mend. */
function tcpCause(name: string, address: string): string | undefined {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  switch (name) {
    case 'EADDRINUSE':
      return `another process, perhaps another warmline, listens there; see which with: ss -ltnp 'sport = :${port}'`;
    case 'EACCES':
      return (
        `a port below 1024 needs a privilege; use a higher port, or run ` +
        `"sudo setcap cap_net_bind_service=+ep $(readlink -f $(command -v node))", ` +
        `or "sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}"`
      );
    case 'EADDRNOTAVAIL':
      return 'it is not an address of this machine; list those with: ip -brief address';
    case 'EAFNOSUPPORT':
      return 'this machine has that address family switched off';
    default:
      return undefined;
  }
}

/** unix(7): the causes that a user can mend. */
function unixCause(name: string, path: string): string | undefined {
  switch (name) {
    case 'EADDRINUSE':
      return `another process listens on that socket; see which with: ss -lxp src ${path}`;
    case 'EACCES':
      return `this user may not create a socket in ${dirname(path)}; choose another directory or change its permissions`;
    case 'ENOENT':
      return `the directory ${dirname(path)} does not exist; create it first`;
    default:
      return undefined;
  }
}
