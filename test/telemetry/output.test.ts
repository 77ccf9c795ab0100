// Where log lines go when their reader is quick, stuck or gone. The pipes are real.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOutput } from '../../src/telemetry/output.js';
import { test } from '../helpers/steady.js';

test('lines arrive whole and in order', async (t) => {
  const path = join(tmpdir(), `warmline-output-${process.pid}`);
  const fd = openSync(path, 'w');
  t.teardown(() => rmSync(path));
  const output = openOutput(fd);
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}\n`);
  for (const line of lines) output.write(line);
  await output.flush(5_000);
  output.close();
  t.is(readFileSync(path, 'utf8'), lines.join(''));
});

test('a line that does not fit is told before write returns, and a flush makes room', async (t) => {
  const path = join(tmpdir(), `warmline-output-full-${process.pid}`);
  const fd = openSync(path, 'w');
  t.teardown(() => rmSync(path));
  const output = openOutput(fd);
  let dropped = 0;
  output.onDrop = () => {
    dropped += 1;
  };
  // 1 KiB in bytes, less in characters: the room is 8 MiB of bytes, and no turn of the event loop passes in between.
  const line = `${'é'.repeat(500)}${'x'.repeat(23)}\n`;
  for (let i = 0; i < 8192; i++) output.write(line);
  t.is(dropped, 0);
  output.write(line);
  t.is(dropped, 1);
  await output.flush(5_000);
  output.write('the last\n');
  t.is(dropped, 1);
  await output.flush(5_000);
  output.close();
  t.is(readFileSync(path, 'utf8'), `${line.repeat(8192)}the last\n`);
});

// A program of its own: what a stuck or gone reader does to its stdout is the behaviour.
const writer = `
  import { openOutput } from '${new URL('../../src/telemetry/output.js', import.meta.url)}';
  process.stdout;
  const output = openOutput(1);
  let dropped = 0;
  output.onDrop = () => { dropped += 1; };
  const line = 'x'.repeat(1023) + '\\n';
  for (let i = 0; i < 12_288; i++) output.write(line);
  const started = Date.now();
  await output.flush(Number(process.argv[1]));
  output.close();
  process.stderr.write(JSON.stringify({ dropped, waited: Date.now() - started }));
  process.exit(0);
`;

/** A program that writes 12 MB of lines, and waits for at most `limit` milliseconds for its reader. */
function startWriter(limit: number) {
  const command = ['--input-type=module', '--eval', writer, String(limit)];
  return spawn(process.execPath, command, { stdio: 'pipe' });
}

async function report(child: ReturnType<typeof startWriter>) {
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(10_000) });
  return { code, ...(JSON.parse(text) as { dropped: number; waited: number }) };
}

test('a stuck reader costs lines, never time: the process goes on and ends', async (t) => {
  const child = startWriter(300);
  child.stdout.pause();
  const stderr = report(child);
  await once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
  child.stdout.resume();
  const { code, dropped, waited } = await stderr;
  t.is(code, 0);
  t.true(dropped > 3_000 && dropped < 12_288, `dropped ${dropped}`);
  t.true(waited >= 299, `waited ${waited} ms`);
});

test('a reader that has gone ends the log, not the process', async (t) => {
  // A limit far beyond that of the test: it ends without waiting for it.
  const child = startWriter(60_000);
  child.stdout.destroy();
  t.is((await report(child)).code, 0);
});
