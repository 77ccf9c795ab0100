// Refusal: what we were not allowed to do with a setting or a file, and what helps.
import { WarmlineError } from '../../errors.js';

type Verb = 'read' | 'write' | 'remove';

/** The name of a system error, such as EACCES. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** A setting below /proc/sys that could not be read or written. */
export function settingRefused(verb: Verb, path: string, cause: unknown): WarmlineError {
  const code = codeOf(cause);
  if (code === 'EROFS' || isPrivilege(code)) {
    const what = `${path}: expected to be allowed to ${verb} it, got ${mends[code]}`;
    return new WarmlineError('WL_PRIVILEGE', what, { cause });
  }
  const what = `${path}: expected the kernel to let us ${verb} it, got ${code}`;
  return new WarmlineError('WL_SYSCTL', what, { cause });
}

const asRoot = 'run it as root of the user namespace that this network namespace belongs to';

const mends = {
  EACCES: `EACCES; ${asRoot}`,
  EPERM: `EPERM; ${asRoot}`,
  EROFS:
    'a file system that is mounted read-only (EROFS); in a container, set it where that is started: ' +
    '"docker run --sysctl net.ipv4.tcp_keepalive_time=600", or securityContext.sysctls of a pod',
};

/** A file that is read at boot and could not be read, written or removed. */
export function fileRefused(verb: Verb, path: string, cause: unknown): WarmlineError {
  const code = codeOf(cause);
  if (isPrivilege(code)) {
    const what = `${path}: expected to be allowed to ${verb} it, got ${code}; run it as root`;
    return new WarmlineError('WL_PRIVILEGE', what, { cause });
  }
  const what = `${path}: expected to be able to ${verb} it, got ${code}`;
  const mend = code === 'EROFS' ? 'the file system is read-only' : 'look at its folder';
  return new WarmlineError('WL_SYSCTL', `${what}; ${mend}`, { cause });
}

function isPrivilege(code: string | undefined): code is 'EACCES' | 'EPERM' {
  return code === 'EACCES' || code === 'EPERM';
}
