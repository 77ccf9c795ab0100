// Docs: what the pages promise exists: links, scripts and paths.
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import test from 'ava';
import { listFiles, projectRoot, readText } from './helpers/repository.js';

const pages = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith('.md')),
  ...listFiles('docs', '.md'),
];

test('there are pages to check', (t) => {
  t.true(pages.includes('README.md'));
  t.true(pages.length >= 8, `found ${pages.length} pages`);
});

test('relative links lead somewhere', (t) => {
  const links = pages.flatMap((page) =>
    found(page, /\]\((?!https?:|mailto:)([^)\s]+)\)/g).map((target) => ({ page, target })),
  );
  t.true(links.length >= 10, `found ${links.length} links`);
  t.deepEqual(
    links.filter(({ page, target }) => !leadsSomewhere(page, target)),
    [],
  );
});

test('every npm command that a page names is a script', (t) => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const named = new Set(
    pages.flatMap((page) => found(page, /\bnpm (?:run )?(start|test\b(?!:)|(?<=run )[\w:]+)/g)),
  );
  t.true(named.size >= 4, `found ${[...named].join(' ')}`);
  t.deepEqual(
    [...named].filter((name) => !(name in scripts)),
    [],
  );
});

test('every path of the project that a page names exists', (t) => {
  // The changelog also tells of what is gone.
  const current = pages.filter((page) => page !== 'CHANGELOG.md');
  const named = new Set(
    current.flatMap((page) =>
      found(page, /`((?:src|native|test|bench|config|docs|tools|\.ci)\/[\w./-]*)`/g),
    ),
  );
  t.true(named.size >= 10, `found ${named.size} paths`);
  t.deepEqual(
    [...named].filter((path) => !existsSync(projectRoot + path)),
    [],
  );
});

test('no page knows the machine that it was written on', (t) => {
  const machine = pages.flatMap((page) =>
    found(page, /((?<![\w.-])\/(?:work|root|home|Users)\/\S*)/g),
  );
  t.deepEqual(machine, []);
});

/** The first group of every match in a page. */
function found(page: string, pattern: RegExp): string[] {
  return [...readText(page).matchAll(pattern)].map(([, group]) => group ?? '');
}

/** The file exists and, where the link names a heading, has it. */
function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(projectRoot + file)) return false;
  return anchor === undefined || headingsOf(file).includes(anchor);
}

function headingsOf(page: string): string[] {
  return found(page, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
