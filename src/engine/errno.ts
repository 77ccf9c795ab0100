// Errno: names for the error numbers that the engine reports.
import { getSystemErrorName } from 'node:util';

/** The name of a positive errno, such as 'EADDRINUSE' for 98; '' for 0, where nothing failed. */
export function errnoName(errno: number): string {
  return errno === 0 ? '' : getSystemErrorName(-errno);
}
