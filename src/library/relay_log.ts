// Relay log: where the lines of an embedded relay go: to its program, or nowhere.
import type { LogConfig } from '../config/config.js';
import { Log } from '../telemetry/log.js';

/**
 * A log whose lines are handed on as they come; silent without somebody to take them. What `take` throws is an uncaught
 * exception of its own, for a relay that is being stopped must go on.
 */
export function openLog({ level }: LogConfig, take?: (line: string) => void): Log {
  const options = { level: take ? level : 'silent', format: 'json', color: false } as const;
  return new Log(options, {
    write(line) {
      try {
        take?.(line);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    },
    onDrop: () => {},
    flush: () => Promise.resolve(),
    close: () => {},
  });
}
