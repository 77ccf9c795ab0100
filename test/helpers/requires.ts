// Requires: gates a test on what the machine offers. What is missing skips the test and says how to get it;
// with CI=true it fails the test, so that nothing is skipped unseen.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import test from 'ava';
import { type Declare, test as steadyTest } from './steady.js';
import { findCommand, systemEnv } from './system.js';

/** Something a test needs: `met` looks, `remedy` says how to have it. */
export interface Need {
  readonly met: () => boolean;
  readonly remedy: string;
}

export const root: Need = {
  met: () => process.getuid?.() === 0,
  remedy: 'needs root: run it with sudo',
};

/** Network namespaces of its own, with veth links and nft rules in them. */
export const networkNamespaces: Need = {
  met: () =>
    spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { env: systemEnv }).status ===
    0,
  remedy: 'needs network namespaces: run it as root with iproute2 installed',
};

/** The right to look into another process of the same user (ptrace(2), "Ptrace access mode checking"). */
export const ptraceOfOthers: Need = {
  met: () => root.met() || yamaScope() === 0,
  remedy: 'needs ptrace of other processes: run it as root or with kernel.yama.ptrace_scope=0',
};

/** A user that sshd lets in: one with an entry in passwd(5) and a shell that runs commands. */
export const loginShell: Need = {
  met: () => {
    try {
      return spawnSync(userInfo().shell ?? '', ['-c', 'true']).status === 0;
    } catch {
      return false;
    }
  },
  remedy: 'needs a user that may log in: run it as one with a login shell',
};

/** A program on the PATH or in one of the folders; `debianPackage` has it. */
export function command(name: string, debianPackage: string, ...folders: string[]): Need {
  return {
    met: () => findCommand(name, ...folders) !== undefined,
    remedy: `needs ${name}: apt-get install ${debianPackage}`,
  };
}

/** What a test in the laboratory needs: `laboratory.ts`. */
export const laboratoryNeeds: readonly Need[] = [
  root,
  networkNamespaces,
  command('nft', 'nftables'),
  command('conntrack', 'conntrack'),
  command('ss', 'iproute2'),
  command('tcpdump', 'tcpdump'),
  command('setpriv', 'util-linux'),
];

/**
 * Returns what to declare tests with: `const test = requires(root, command('nft', 'nftables'))`. One runs at a time. What
 * fails while the machine stands still is done again: most of them watch what the kernel does by itself.
 */
export function requires(...needs: readonly Need[]): Declare {
  return declareIfMet(needs, steadyTest.serial);
}

/** The same for tests that mostly wait and share nothing: those of a file run side by side. */
export function requiresConcurrently(...needs: readonly Need[]): Declare {
  return declareIfMet(needs, steadyTest);
}

function declareIfMet(needs: readonly Need[], declare: Declare): Declare {
  const missing = needs.filter((need) => !need.met()).map((need) => need.remedy);
  if (missing.length === 0) return declare;
  const reason = missing.join('; ');
  if (process.env['CI'] === 'true') return (title) => test(title, (t) => t.fail(reason));
  return (title, body) => test.skip(`${title} (${reason})`, body);
}

function yamaScope(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8'));
  } catch {
    return 0;
  }
}
