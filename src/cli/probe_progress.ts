// ProbeProgress: a probe's rounds and measurements as they come, and on a terminal a line below them with the time left.
import type { WriteStream } from 'node:tty';
import type { Progress, Search } from '../toolkit/probe/search.js';
import type { Milliseconds } from '../units.js';
import { explainMeasurement, roundWords, sayTime } from './probe_words.js';

/** Standard error, or what stands in for it. */
type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

export class ProbeProgress {
  readonly #output: Output;
  readonly #refresh: NodeJS.Timeout | undefined;
  #search: Search | undefined;

  constructor(output: Output) {
    this.#output = output;
    if (output.isTTY) this.#refresh = setInterval(() => this.#showStatus(), 1000);
  }

  tell(progress: Progress, search: Search): void {
    this.#search = search;
    this.#write(progress.event === 'round' ? this.#roundLine(progress) : measuredLine(progress));
    if (this.#output.isTTY) this.#showStatus();
  }

  /** Takes the status line away. */
  end(): void {
    clearInterval(this.#refresh);
    if (this.#output.isTTY) this.#output.write(clearLine);
  }

  #roundLine({ number, round }: Extract<Progress, { event: 'round' }>): string {
    const { all = 0 } = this.#search?.timeLeft() ?? {};
    const connections = round.silent.length + round.warm.length;
    return `round ${number}: ${roundWords[round.kind]}, ${connections} connections, at most ${sayLeft(all)} left`;
  }

  #write(line: string): void {
    this.#output.write(`${this.#output.isTTY ? clearLine : ''}${line}\n`);
  }

  #showStatus(): void {
    if (!this.#search) return;
    const { round, all } = this.#search.timeLeft();
    const status = `… this round at most ${sayLeft(round)} more, all of it at most ${sayLeft(all)}`;
    // A line that is wrapped can't be taken away.
    const room = (this.#output.columns || Infinity) - 1;
    this.#output.write(`${clearLine}${status.slice(0, room)}`);
  }
}

const clearLine = '\r\x1b[K';

function measuredLine({ measurement }: Extract<Progress, { event: 'measured' }>): string {
  return `  ${explainMeasurement(measurement)}`;
}

/** In whole seconds. */
function sayLeft(time: Milliseconds): string {
  return sayTime(Math.ceil(time / 1000) * 1000);
}
