// Patient: a socket of node:net that the library has set and watches, in a process of its own, so that it can live in a
// network namespace. As a module it starts one; as a program it is one, moved by lines on stdin and telling by lines on
// stdout. It never catches more than 'error'.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import {
  type DeadSocket,
  type Diagnosis,
  diagnose,
  type KeepaliveWish,
  setKeepalive,
} from '../../src/index.js';
import type { Bytes, Port } from '../../src/units.js';
import type { Namespace } from './netns.js';
import { type Program, startProgram } from './program.js';

type Told =
  | { readonly event: 'ready' }
  | { readonly event: 'data' }
  | { readonly event: 'asked'; readonly times: number; readonly diagnosis: Diagnosis }
  | { readonly event: 'closed'; readonly error: string; readonly diagnosis: DeadSocket };

/** What became of it: what the library says at Node's 'close', and the code of the 'error' before, '' for none. */
export interface End {
  readonly error: string;
  readonly diagnosis: DeadSocket;
}

/** The patient under the test's hand. */
export class Patient {
  readonly #program: Program;
  #asked = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Resolves when it is connected and set. */
  async ready(): Promise<void> {
    await this.#told((told) => (told.event === 'ready' ? true : undefined));
  }

  /** Resolves when anything was received. */
  async received(): Promise<void> {
    await this.#told((told) => (told.event === 'data' ? true : undefined));
  }

  /** Sends so many bytes. */
  send(bytes: Bytes): void {
    this.#program.write(`send ${bytes}\n`);
  }

  /** What the library says of it now. */
  async diagnose(): Promise<Diagnosis> {
    const times = ++this.#asked;
    this.#program.write('diagnose\n');
    return await this.#told((told) =>
      told.event === 'asked' && told.times === times ? told.diagnosis : undefined,
    );
  }

  /** Resolves when it is closed. */
  async closed(): Promise<End> {
    return await this.#told((told) => (told.event === 'closed' ? told : undefined));
  }

  async #told<T>(find: (told: Told) => T | undefined): Promise<T> {
    return await this.#program.until('word', (line) => find(JSON.parse(line)));
  }
}

const script = fileURLToPath(import.meta.url);

/** Connects from a namespace and sets the keepalive. */
export async function connectPatient(
  t: ExecutionContext,
  namespace: Namespace,
  to: { readonly host: string; readonly port: Port },
  wish: KeepaliveWish,
): Promise<Patient> {
  const args = [script, to.host, String(to.port), JSON.stringify(wish)];
  const patient = new Patient(startProgram(t, namespace.enter(process.execPath, ...args)));
  await patient.ready();
  return patient;
}

function tell(told: Told): void {
  console.log(JSON.stringify(told));
}

function main([host = '', port, wish = '']: string[]): void {
  let [error, times] = ['', 0];
  const socket = connect({ host, port: Number(port) }, () => {
    setKeepalive(socket, JSON.parse(wish));
    tell({ event: 'ready' });
  });
  socket.on('data', () => tell({ event: 'data' }));
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code ?? '';
  });
  socket.on('close', () => {
    tell({ event: 'closed', error, diagnosis: diagnose(socket) as DeadSocket });
  });
  createInterface(process.stdin).on('line', (line) => {
    const [verb, count] = line.split(' ');
    if (verb === 'send') socket.write(Buffer.alloc(Number(count), 'w'));
    if (verb === 'diagnose') {
      times += 1;
      tell({ event: 'asked', times, diagnosis: diagnose(socket) });
    }
  });
}

if (process.argv[1] === script) main(process.argv.slice(2));
