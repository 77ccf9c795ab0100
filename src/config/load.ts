// Load: a file, or a value of its shape → Config. The one place that reads from disk, and where what is wrong meets where it stands.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { WarmlineError } from '../errors.js';
import type { Config } from './config.js';
import { formatPath } from './finding.js';
import { parseYaml } from './parse.js';
import { ConfigInvalidError } from './problems.js';
import { locate, type PlacedFinding } from './tree.js';
import { validate } from './validate.js';

/** Reads a file; throws WL_CONFIG_READ, or a ConfigInvalidError that holds everything that is wrong with the file. */
export async function loadConfigFile(path: string): Promise<Config> {
  return parseConfig(decode(await readBytes(path), path), path);
}

/** As loadConfigFile, for a file that was read before: a pipe or a device might never give an end again. */
export async function reloadConfigFile(path: string): Promise<Config> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) return loadConfigFile(path);
  const refusal = 'expected a regular file to read again, got a pipe, a device or a directory';
  throw new WarmlineError('WL_CONFIG_READ', `${path}: ${refusal}`);
}

/** Parses the text of a file; throws a ConfigInvalidError, in which the file is called `file`. */
export function parseConfig(text: string, file: string): Config {
  const { tree, findings: mistakes, positionOf } = parseYaml(text);
  const invalid = (findings: readonly PlacedFinding[]) =>
    new ConfigInvalidError(
      findings.map(({ path, message, offset }) => ({
        file,
        ...positionOf(offset),
        path: formatPath(path),
        message,
      })),
    );
  if (tree === undefined) throw invalid(mistakes);
  const validation = validate(tree.value);
  if (validation.ok && mistakes.length === 0) return validation.config;
  const findings = validation.ok ? [] : validation.findings;
  throw invalid([
    ...mistakes,
    ...findings.map((finding) => ({ ...finding, offset: locate(tree, finding.path) })),
  ]);
}

/** Takes a value that a program has made, of the same shape as a file; throws a ConfigInvalidError without lines. */
export function configFromValue(value: unknown): Config {
  const validation = validate(value);
  if (validation.ok) return validation.config;
  const place = { file: 'config', line: null, column: null };
  throw new ConfigInvalidError(
    validation.findings.map(({ path, message }) => ({ ...place, path: formatPath(path), message })),
  );
}

/** The largest file that is read. */
const mostBytes = 1_048_576;

/** Reads a file, a pipe or a device, and not more than one byte past the limit. */
async function readBytes(path: string): Promise<Buffer> {
  try {
    return await buffer(createReadStream(path, { end: mostBytes }));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new WarmlineError('WL_CONFIG_READ', `${path}: ${reasons[code ?? ''] ?? message}`, {
      cause,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'expected a configuration file, got nothing (there is no such file)',
  EISDIR: 'expected a configuration file, got a directory',
  EACCES: 'expected a readable file, got no permission to read it',
};

function decode(bytes: Buffer, file: string): string {
  const refuse = (message: string) =>
    new ConfigInvalidError([{ file, line: 1, column: 1, path: '', message }]);
  if (bytes.length > mostBytes) throw refuse('expected at most 1 MiB, got more');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('expected UTF-8 text, got something else');
  }
}
