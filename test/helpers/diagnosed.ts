// Diagnosed: sockets of Node whose end is waited for, and what they are told to have died of.
import type { Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type DeadSocket, diagnose } from '../../src/index.js';
import { within } from './waiting.js';

/** Resolves at the 'close' of a socket, also of one that is closed already. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  // Not nextEvent, which an 'error' before would end.
  await within("'close'", new Promise<void>((resolve) => socket.once('close', () => resolve())));
}

/** The diagnosis of one that must have died. */
export function dead(t: ExecutionContext, socket: Socket): DeadSocket {
  const diagnosis = diagnose(socket);
  if (diagnosis.state !== 'dead') throw t.fail(`it is ${diagnosis.state}`);
  return diagnosis;
}
