// Words: which words of our command line a program would not get as they were typed. Node reads them as UTF-8 and puts U+FFFD
// in the place of what is none.
import { readFileSync } from 'node:fs';

/** Those that Node has changed; one that has a U+FFFD of its own is as it was. */
export function changedWords(words: readonly string[]): string[] {
  const suspects = words.filter((word) => word.includes('\uFFFD'));
  if (suspects.length === 0) return [];
  const typed = readTypedWords();
  return suspects.filter((word) => !typed.has(Buffer.from(word).toString('latin1')));
}

/** A character a byte; empty without /proc, so that nothing is taken for unchanged. */
function readTypedWords(): ReadonlySet<string> {
  try {
    return new Set(readFileSync('/proc/self/cmdline', 'latin1').split('\0'));
  } catch {
    return new Set();
  }
}
