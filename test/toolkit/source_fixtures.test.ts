// Sources that show one thing each: what is found at the lines that say what they expect, and nothing at the others.
import { posix } from 'node:path';
import test from 'ava';
import { judgeSources, type SourceSite } from '../../src/toolkit/source/report.js';
import { listFiles, readText } from '../helpers/repository.js';

const folder = 'test/fixtures/source';
const files = listFiles(folder, '.c', '.cc', '.h');

test('there are sources to look at', (t) => {
  t.true(files.length >= 25, `found ${files.length}`);
  t.true(files.flatMap(expectations).length >= 70);
});

for (const tree of new Set(files.map(treeOf))) {
  const paths = files.filter((path) => treeOf(path) === tree);
  test(`${paths.map((path) => posix.relative(folder, path)).join(', ')}: as expected`, (t) => {
    const sites = judgeSources(new Map(paths.map((path) => [path, readText(path)])));
    t.deepEqual(sites.map(inWords), paths.flatMap(expectations));
  });
}

/** The files of a folder belong together; the others stand for themselves. */
function treeOf(path: string): string {
  return posix.dirname(path) === folder ? path : posix.dirname(path);
}

function expectations(path: string): string[] {
  return readText(path)
    .split('\n')
    .flatMap((line, index) => {
      const [, expected] = /\bexpect: (.*?)(?: \*\/|$)/.exec(line) ?? [];
      return expected === undefined ? [] : [`${path}:${index + 1}: ${expected}`];
    });
}

function inWords({ file, line, verdict, confidence, doubt }: SourceSite): string {
  const words = [verdict, confidence, doubt].filter((word) => word !== null);
  return `${file}:${line}: ${words.join(' ')}`;
}
