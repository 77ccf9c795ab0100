// The demonstrations: what they show, what they say when something is missing, and that nothing outlives them.
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anywhere, { type ExecutionContext } from 'ava';
import { type Demonstration, demonstrate } from '../../src/toolkit/selftest/demonstrations.js';
import { mainPath } from '../helpers/cli.js';
import { startProgram } from '../helpers/program.js';
import { command, networkNamespaces, requires, root } from '../helpers/requires.js';
import { findCommand } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { until } from '../helpers/waiting.js';

const test = requires(root, networkNamespaces, command('nft', 'nftables'));

test('an idle death is noticed in time, and a NAT forgets only the connection that is not probed', async (t) => {
  const [death, warm, cold] = await demonstrate();
  t.deepEqual(
    [death, warm, cold].map((each) => [each?.name, each?.outcome]),
    [
      ['idleDeath', 'shown'],
      ['natKeptWarm', 'shown'],
      ['natForgets', 'shown'],
    ],
  );
  t.is(death?.expected, 3000);
  t.true(Number(death?.measured) >= 3000, `${death?.measured} ms`);
});

test('nothing of it outlives a selftest that is killed', async (t) => {
  const mark = `WARMLINE_TEST_MARK=${process.pid}-${Date.now()}`;
  const env = { ...process.env, WARMLINE_TEST_MARK: mark.split('=')[1] };
  const program = startProgram(t, [process.execPath, mainPath, 'selftest'], { env });
  // The program, and a demonstration with its hosts: the other one may have ended, or not have begun.
  await until('demonstrations', () => marked(mark).length >= 4);
  await program.stop('SIGKILL');
  await until('end of all', () => marked(mark).length === 0);
  t.pass();
});

test('without nft only the NAT is left out', async (t) => {
  const path = pathWith(t, ['unshare', 'nsenter', 'ip', 'true', 'sh', 'cat', 'setpriv']);
  const [death, ...others] = await demonstrate(path);
  t.is(death?.outcome, 'shown', death?.reason ?? '');
  t.deepEqual(others, [
    skipped('natKeptWarm', 'needs nft, of the package nftables'),
    skipped('natForgets', 'needs nft, of the package nftables'),
  ]);
});

anywhere('without a tool it is told which package has it', async (t) => {
  const reason = 'needs unshare, of the package util-linux';
  t.deepEqual(await demonstrate(temporaryFolder(t)), [
    skipped('idleDeath', reason),
    skipped('natKeptWarm', reason),
    skipped('natForgets', reason),
  ]);
});

anywhere('where namespaces are forbidden it is told what would allow them', async (t) => {
  const path = temporaryFolder(t);
  // Each says its version, and that is all that it does.
  for (const name of ['unshare', 'nsenter', 'ip', 'nft']) {
    const script = '#!/bin/sh\ncase $1 in --version | -V) ;; *) exit 1 ;; esac\n';
    writeFileSync(join(path, name), script, { mode: 0o755 });
  }
  for (const { outcome, reason } of await demonstrate(path)) {
    t.is(outcome, 'skipped');
    t.regex(reason ?? '', /^needs network namespaces: run it as root, or let users have them /);
  }
});

function skipped(name: Demonstration['name'], reason: string): Demonstration {
  return { name, outcome: 'skipped', expected: null, measured: null, reason };
}

/** A folder with these programs and no others. */
function pathWith(t: ExecutionContext, names: readonly string[]): string {
  const folder = temporaryFolder(t);
  for (const name of names) {
    const program = findCommand(name);
    if (program === undefined) throw new Error(`there is no ${name}`);
    symlinkSync(program, join(folder, name));
  }
  return folder;
}

/** The processes that have this word in their environment, which children inherit. */
function marked(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
}
