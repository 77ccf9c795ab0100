// Failure: how an error is told to a person, and the exit code that tells it to a program.
import { type ErrorCode, WarmlineError } from '../errors.js';

const badInput: ReadonlySet<ErrorCode> = new Set([
  'WL_USAGE',
  'WL_CONFIG_READ',
  'WL_CONFIG_INVALID',
]);

export interface Telling {
  /** Left out: 2 for a wrong command line or configuration, else 1. */
  readonly exitCode?: 1 | 2;
  /** Adds where the error arose. */
  readonly stack?: boolean;
}

/** Writes an error to standard error, one line a problem, and sets the exit code of the process. */
export function fail(error: unknown, { exitCode, stack = false }: Telling = {}): void {
  tell(error, stack);
  process.exitCode = exitCode ?? (badInput.has(asWarmlineError(error).code) ? 2 : 1);
}

/** Writes an error to standard error, one line a problem and with `stack` where it arose; the process goes on. */
export function tell(error: unknown, stack: boolean): void {
  const { code, message } = asWarmlineError(error);
  const hint = isUnexpected(error) && !stack ? '; run with --log-level debug to see where' : '';
  for (const line of message.split('\n')) say(`${line}${hint} [${code}]`);
  if (stack) process.stderr.write(`${(error as Error).stack}\n`);
}

/** Writes one line for people to standard error. */
export function say(line: string): void {
  process.stderr.write(`warmline: ${line}\n`);
}

/** Makes an error one with a code. */
export function asWarmlineError(error: unknown): WarmlineError {
  if (error instanceof WarmlineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WarmlineError('WL_ENGINE', `unexpected: ${message}`);
}

/** Whether an error is one that nobody has thought of. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof WarmlineError);
}
