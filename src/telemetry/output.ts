// Output: where log lines go. A reader that is slow, stuck or gone never blocks the process: what does not fit is dropped.
import { pino } from 'pino';
import { systemTimers, type Timers } from '../clock.js';
import type { Bytes, Milliseconds } from '../units.js';

/** Takes whole lines; what pino writes to. */
export interface LogOutput {
  write(line: string): void;
  /** Called for each line that did not fit. */
  onDrop: () => void;
  /** Writes what waits, for at most `limit`. */
  flush(limit: Milliseconds): Promise<void>;
  /** Takes no line any more; what still waits is lost. */
  close(): void;
}

/** Lines that wait for a slow reader: about 20,000 of them, more than the sessions that one stop can end. */
const capacity: Bytes = 8 * 1024 * 1024;

/** Lines that are written together are handed on once they are so many characters, or there are no more for now. */
const chunkLength = 64 * 1024;

/**
 * Writes lines to a file descriptor, many in one write(2) when they come fast. Takes ownership of it. When it is a pipe
 * it must be non-blocking, else a stuck reader would keep the process from ending.
 */
export function openOutput(fd: number, timers: Timers = systemTimers): LogOutput {
  let open = true;
  let gathered = '';
  let waiting: Bytes = 0;
  const destination = pino.destination({
    dest: fd,
    sync: false,
    minLength: 1,
    retryEAGAIN: () => open,
  });
  const handOn = () => {
    const lines = gathered;
    gathered = '';
    if (!open || lines === '') return;
    waiting += Buffer.byteLength(lines);
    destination.write(lines);
  };
  const end = () => {
    open = false;
    destination.destroy();
  };
  destination.on('write', (written) => {
    waiting -= written;
  });
  // EPIPE and the like: nobody reads the log any more, and relaying goes on without it.
  destination.on('error', end);
  const output: LogOutput = {
    onDrop: () => {},
    write(line) {
      if (!open) return;
      // Bytes are counted once for all that is handed on, and a line's own only where they matter: a character has three
      // at most.
      if (waiting + 3 * (gathered.length + line.length) > capacity) {
        handOn();
        if (waiting + Buffer.byteLength(line) > capacity) {
          output.onDrop();
          return;
        }
      }
      // write(2) is called on another thread, and to wake that thread costs more than to make a line.
      if (gathered === '') queueMicrotask(handOn);
      gathered += line;
      if (gathered.length >= chunkLength) handOn();
    },
    async flush(limit) {
      handOn();
      if (!open) return;
      await new Promise<void>((resolve) => {
        const cancel = timers.after(limit, resolve);
        destination.flush(() => {
          cancel();
          resolve();
        });
      });
    },
    close() {
      if (open) end();
    },
  };
  return output;
}
