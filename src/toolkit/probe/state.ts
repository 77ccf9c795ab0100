// State: measurements in a file, so that a probe which was interrupted goes on from them. Written whole or not at all.
// Connections that were being left alone are not in it: their silence ends with the process.
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

import z = require('zod');

import { WarmlineError } from '../../errors.js';
import type { Measurement } from './measurement.js';

/** What the measurements are of: they say nothing of another target, nor of another address of the same. */
export interface Subject {
  readonly target: string;
  readonly address: string;
}

/** Changes when measurements of an older program would mislead. */
const format = 1;

const shape = z.strictObject({
  format: z.literal(format),
  target: z.string(),
  address: z.string(),
  measurements: z.array(
    z.strictObject({
      idle: z.number().min(0),
      verdict: z.enum(['alive', 'reset', 'dropped', 'closed', 'unclear']),
      closedBy: z.enum(['fin', 'reset']).nullable(),
      why: z.string().nullable(),
      round: z.int().min(1),
      warm: z.boolean(),
    }),
  ),
});

/** The measurements of a file; none where there is no file. Throws WL_PROBE for one of another subject, or no such file. */
export function readStateOrThrow(path: string, subject: Subject): readonly Measurement[] {
  const text = readText(path);
  if (text === undefined) return [];
  const state = parse(path, text);
  if (state.target === subject.target && state.address === subject.address) {
    return state.measurements;
  }
  const got = `those of ${state.target} (${state.address})`;
  throw refuse(path, `measurements of ${subject.target} (${subject.address})`, got);
}

/** Replaces the file; throws WL_PROBE. */
export function writeStateOrThrow(
  path: string,
  subject: Subject,
  measurements: readonly Measurement[],
): void {
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify({ format, ...subject, measurements })}\n`);
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw refuse(path, 'a file that may be written', codeOf(cause), cause);
  }
}

function readText(path: string): string | undefined {
  try {
    // A device, such as /dev/full, or a pipe may never come to an end.
    if (statSync(path).isFile()) return readFileSync(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw refuse(path, 'a file that may be read', codeOf(cause), cause);
  }
  throw new WarmlineError('WL_PROBE', `--state ${path}: expected a file, got something else`);
}

function parse(path: string, text: string): z.output<typeof shape> {
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw refuse(path, 'the state of a probe', 'something else', cause);
  }
}

function refuse(path: string, expected: string, got: string, cause?: unknown): WarmlineError {
  const message = `--state ${path}: expected ${expected}, got ${got}; remove it, or name another file`;
  return new WarmlineError('WL_PROBE', message, { cause });
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}
