// Install: what npm runs when the package is installed. Takes the binary that the package carries where it loads, and
// builds one where it does not, where npm is asked for that, and always in a checkout, whose sources may have changed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const reason = whyBuild();
if (reason !== undefined) build(reason);

function whyBuild() {
  if (existsSync(`${root}src`)) return 'this is a checkout';
  if (process.env.npm_config_build_from_source === 'true')
    return 'npm was asked to build from source';
  return whyNotPrebuilt();
}

/** Tries each libc, as the other's does not load. src/engine/addon.ts looks in the same places. */
function whyNotPrebuilt() {
  const machine = `linux-${process.arch}`;
  const files = ['glibc', 'musl']
    .map((libc) => `${root}prebuilds/${machine}-${libc}/warmline.node`)
    .filter(existsSync);
  let reason = `the package has no binary for ${machine}`;
  for (const file of files) {
    try {
      createRequire(import.meta.url)(file);
      return undefined;
    } catch (error) {
      reason = `the binary for ${machine} does not load here: ${error.message.split('\n')[0]}`;
    }
  }
  return reason;
}

function build(reason) {
  say(`building the native part, for ${reason}`);
  const { status, error } = spawnSync('node-gyp', ['rebuild', '--jobs=max'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) return;
  process.exitCode = 1;
  if (error !== undefined) {
    say(`node-gyp does not start (${error.code}). npm brings it along: npm rebuild warmline`);
    return;
  }
  say(
    "the build failed. It needs python3, make and g++ 11 or later, with Node's headers: on Debian or Ubuntu " +
      'apt-get install python3 make g++. Then install again',
  );
}

function say(line) {
  process.stderr.write(`warmline: ${line}\n`);
}
