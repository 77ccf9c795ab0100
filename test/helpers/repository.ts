// Repository: the project's own files, for the tests that check the project itself.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the project stands, with a slash at the end. Compiled tests are two folders down. */
export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Paths of the files below a folder of the project whose name ends so, relative to the project and sorted. */
export function listFiles(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(projectRoot + folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(projectRoot + path, 'utf8');
}

/** The rows of the Markdown table whose header has this as its first cell; each cell is the list of its `words`. */
export function readTable(markdown: string, firstHeader: string): string[][][] {
  const lines = markdown.split('\n');
  const header = lines.findIndex((line) => line.startsWith(`| ${firstHeader} |`));
  if (header === -1) throw new Error(`no table starts with a column "${firstHeader}"`);
  const body = lines.slice(header + 2);
  const end = body.findIndex((line) => !line.startsWith('|'));
  return body
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.split('|').slice(1, -1).map(quotedWords));
}

function quotedWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');
}
