// Listening: what to tell a user whose address could not be listened on. Says the cause and the mend in one line.
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { WarmlineError } from '../errors.js';
import type { EngineFailure } from './contract.js';
import { errnoName } from './errno.js';

/**
 * The error of an address that could not be listened on: WL_LISTEN, with the cause and what to do about it.
 * `who` is what wanted to listen, such as `route db`; an address is written '127.0.0.1:7070', '[::1]:7070' or 'unix:/path'.
 */
export function listenError(who: string, address: string, failure: EngineFailure): WarmlineError {
  const name = errnoName(failure.errno);
  const cause = address.startsWith('unix:')
    ? unixCause(name, address.slice(5))
    : tcpCause(name, address);
  const sentence = cause ?? `${failure.syscall} failed: ${describe(failure.errno)}`;
  return new WarmlineError(
    'WL_LISTEN',
    `${who}: cannot listen on ${address}: ${sentence} (${name})`,
  );
}

function describe(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
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
      return `the path is taken; see who listens there with "ss -lxp src ${path}", and remove the file if nobody does`;
    case 'EACCES':
      return `this user may not create a socket in ${dirname(path)}; choose another directory or change its permissions`;
    case 'ENOENT':
      return `the directory ${dirname(path)} does not exist; create it first`;
    default:
      return undefined;
  }
}
