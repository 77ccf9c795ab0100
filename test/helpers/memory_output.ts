// Memory output: a log output whose lines a test reads, and that can be told to be full.
import type { LogOutput } from '../../src/telemetry/output.js';

export class MemoryOutput implements LogOutput {
  readonly lines: string[] = [];
  full = false;
  onDrop = () => {};

  write(line: string): void {
    if (this.full) this.onDrop();
    else this.lines.push(line.trimEnd());
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  /** The lines as objects. */
  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** The lines about one event, and none of the others from now on. */
  take(event: string): Record<string, unknown>[] {
    const found = this.records.filter((record) => record['event'] === event);
    this.lines.length = 0;
    return found;
  }
}
