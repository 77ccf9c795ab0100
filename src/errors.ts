// Errors: every failure that a user can meet, each with a stable code. docs/errors.md lists them and a test keeps it complete.

/** What each code means, in one line; the keys are the contract. */
export const errorCodes = {
  WL_USAGE: 'The command line is wrong.',
  WL_ARGUMENT: 'An argument of a library function is wrong.',
  WL_CONFIG_READ: 'The configuration file could not be read.',
  WL_CONFIG_INVALID: 'The configuration has one or more problems.',
  WL_RESOLVE: 'The name of an endpoint could not be resolved.',
  WL_NATIVE_MISSING: 'The native part is not built for this Node.',
  WL_LISTEN: 'An address could not be listened on.',
  WL_KEEPALIVE_REFUSED:
    'The kernel refused a keepalive option, or holds another value than the one asked for.',
  WL_SOCKET: 'A socket that was handed over is not an open TCP socket.',
  WL_PRIVILEGE: 'The step needs a privilege that this process does not have.',
  WL_SYSCTL:
    "The system's keepalive settings, or the file that sets them at boot, are not what was asked for.",
  WL_AUDIT: 'What an audit was asked to look at is not there.',
  WL_PRELOAD:
    "The preload library would not get into the program, or the program can't be run at all.",
  WL_IO_URING: 'The kernel refuses io_uring, which the configuration asks for.',
  WL_PROBE: 'A path could not be probed.',
  WL_ENGINE: 'The native engine failed in a way that the other codes do not name.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The one error class: `code` is the contract, `message` is one readable line or one line a problem, `cause` is kept. */
export class WarmlineError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WarmlineError';
    this.code = code;
  }
}
