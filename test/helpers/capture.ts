// Capture: the TCP segments of one link, as tcpdump(8) sees them at one of its ends.
import type { ExecutionContext } from 'ava';
import type { Bytes, Milliseconds } from '../../src/units.js';
import { deviceOf, type Namespace } from './netns.js';
import { type Program, startProgram } from './program.js';
import { systemEnv } from './system.js';

/** One segment. */
export interface Segment {
  readonly at: Milliseconds;
  /** Whether the end that listens sent it; otherwise it has received it. */
  readonly isOurs: boolean;
  /** As tcpdump writes them: S, F, P and R for themselves, and a dot for ACK. */
  readonly flags: string;
  readonly payload: Bytes;
}

/** A running capture. */
export class Capture {
  readonly #program: Program;
  readonly #address: string;

  constructor(program: Program, address: string) {
    this.#program = program;
    this.#address = address;
  }

  /** What has been seen so far, in order. */
  get segments(): Segment[] {
    return this.#program.output.split('\n').flatMap((line) => this.#parse(line) ?? []);
  }

  /** The first such segment, past or future. */
  next(what: string, isMeant: (segment: Segment) => boolean): Promise<Segment> {
    return this.#program.until(what, (line) => {
      const segment = this.#parse(line);
      return segment && isMeant(segment) ? segment : undefined;
    });
  }

  #parse(line: string): Segment | undefined {
    const match = line.match(/^([\d.]+) IP ([\d.]+)\.\d+ > .*Flags \[([^\]]*)\].* length (\d+)/);
    if (!match) return undefined;
    const [, at, from, flags = '', payload] = match;
    return {
      at: Number(at) * 1000,
      isOurs: from === this.#address,
      flags,
      payload: Number(payload),
    };
  }
}

/** Captures what passes the device with this address, for the length of a test; resolves when nothing is missed. */
export async function captureAt(
  t: ExecutionContext,
  namespace: Namespace,
  address: string,
): Promise<Capture> {
  // -Z: a program that changes its user would lose its bond with the test process.
  const dump = ['tcpdump', '-Z', 'root', '-i', deviceOf({ address }), '-nn', '-tt'] as const;
  const commandLine = namespace.enter(...dump, '-l', '--immediate-mode', '-s', '96', 'tcp');
  const program = startProgram(t, commandLine, { env: systemEnv });
  await program.until('start', (line) => line.startsWith('listening on') || undefined);
  return new Capture(program, address);
}

/** A segment that carries neither payload nor FIN, SYN or RST: an acknowledgement or a keepalive probe. */
export function isBare({ flags, payload }: Segment): boolean {
  return flags === '.' && payload === 0;
}

/** A reset. */
export function isReset({ flags }: Segment): boolean {
  return flags.includes('R');
}
