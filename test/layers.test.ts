// Layers: holds every import of src/ and every include of native/ against the tables in docs/architecture.md.
import { posix } from 'node:path';
import test from 'ava';
import { listFiles, readTable, readText } from './helpers/repository.js';

/** What each layer may name, itself included. */
type Layers = ReadonlyMap<string, ReadonlySet<string>>;

const page = readText('docs/architecture.md');

test('TypeScript imports point the way the layer table says', (t) => {
  const layers = readLayers(page.slice(0, page.indexOf('The native code')));
  const files = listFiles('src', '.ts');
  const imports = files.flatMap(importsOf);
  t.true(files.length >= 20, `looked at ${files.length} files`);
  t.true(imports.length >= 60, `looked at ${imports.length} imports`);
  t.deepEqual(imports.filter(isUpward(layers)), []);
});

test('every TypeScript layer of the table exists, and every one that exists is in the table', (t) => {
  const layers = readLayers(page.slice(0, page.indexOf('The native code')));
  const found = new Set(listFiles('src', '.ts').map((file) => layerOf(file, 'src')));
  t.deepEqual([...layers.keys()].sort(), [...found].sort());
});

test('native includes point the way the layer table says', (t) => {
  const layers = readLayers(page.slice(page.indexOf('The native code')));
  const files = nativeFiles();
  const includes = files.flatMap(includesOf);
  t.true(files.length >= 20, `looked at ${files.length} files`);
  t.true(includes.length >= 30, `looked at ${includes.length} includes`);
  t.deepEqual(includes.filter(isUpward(layers)), []);
});

test('Node, threads, the event loop and the clock are named in their homes only', (t) => {
  const homes = readTable(page, 'home');
  t.is(homes.length, 3);
  const strays = homes.flatMap(([home = [], names = []]) =>
    nativeFiles()
      .filter((file) => !file.startsWith(home[0] ?? ''))
      .flatMap((file) =>
        names.filter((name) => codeOf(file).includes(name)).map((name) => `${file}: ${name}`),
      ),
  );
  t.deepEqual(strays, []);
});

interface Edge {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function readLayers(section: string): Layers {
  const rows = readTable(section, 'layer');
  return new Map(
    rows.flatMap(([names = [], , allowed = []]) =>
      names.map((name) => [name, new Set([name, ...allowed])] as const),
    ),
  );
}

function isUpward(layers: Layers): (edge: Edge) => boolean {
  return ({ from, to }) => !layers.get(from)?.has(to);
}

function importsOf(file: string): Edge[] {
  const targets = readText(file).matchAll(/\bfrom '(\.[^']+)'|\bimport\(?\s*'(\.[^']+)'/g);
  return [...targets].map(([, from, bare]) => {
    const target = posix.join(posix.dirname(file), from ?? bare ?? '');
    return { file, from: layerOf(file, 'src'), to: layerOf(target, 'src') };
  });
}

function includesOf(file: string): Edge[] {
  const targets = readText(file).matchAll(/^#include "([^"]+)"/gm);
  return [...targets].map(([, target]) => ({
    file,
    from: layerOf(file, 'native'),
    to: layerOf(`native/${target}`, 'native'),
  }));
}

/** `src/engine/codes.ts` → `engine`, `src/app.ts` → `app`. */
function layerOf(path: string, tree: string): string {
  const [first = ''] = path.slice(tree.length + 1).split('/');
  return first.replace(/\.\w+$/, '');
}

/** The native tests stand outside of the layers: they build everything below the addon. */
function nativeFiles(): string[] {
  return listFiles('native', '.cc', '.c', '.h').filter((file) => !file.startsWith('native/test/'));
}

function codeOf(file: string): string {
  return readText(file).replace(/\/\/.*$/gm, '');
}
