// Clashes: what no two routes may have in common.
// Looks past everything else that is wrong, so that one report holds all problems.
import z = require('zod');

import { formatAddress, type ListenAddress } from './address.js';
import { expected } from './expected.js';
import { type Finding, formatPath, type Path } from './finding.js';
import { listenAddress, routeName } from './leaves.js';

/** Finds names and listen addresses that have been used at an earlier place. Port 0 never clashes. */
export function findClashes(file: unknown): Finding[] {
  const { routes } = readable.parse(file);
  return [
    ...findRepeats('a name of its own', routes.flatMap(placeName)),
    ...findRepeats('an address that is listened on once', routes.flatMap(placeListeners)),
  ];
}

const address = listenAddress().optional().catch(undefined);
const readableRoute = z.object({
  name: routeName().optional().catch(undefined),
  listen: z.union([z.array(address), address]),
});

/** Takes any value and keeps what can be read. */
const readable = z
  .object({ routes: z.array(readableRoute.catch({ name: undefined, listen: [] })).catch([]) })
  .catch({ routes: [] });

type ReadableRoute = z.output<typeof readableRoute>;

/** A word that has to be unique, and where it stands. */
interface Placed {
  readonly word: string;
  readonly path: Path;
}

function placeName({ name }: ReadableRoute, index: number): Placed[] {
  return name === undefined ? [] : [{ word: name, path: ['routes', index, 'name'] }];
}

function placeListeners({ listen }: ReadableRoute, index: number): Placed[] {
  const path = ['routes', index, 'listen'];
  if (!Array.isArray(listen)) return placeListener(listen, path);
  return listen.flatMap((address, item) => placeListener(address, [...path, item]));
}

function placeListener(address: ListenAddress | undefined, path: Path): Placed[] {
  if (address === undefined || ('port' in address && address.port === 0)) return [];
  return [{ word: formatAddress(address), path }];
}

function findRepeats(what: string, places: readonly Placed[]): Finding[] {
  const firsts = new Map([...places].reverse().map(({ word, path }) => [word, path]));
  return places.flatMap(({ word, path }) => {
    const first = firsts.get(word) ?? path;
    return first === path
      ? []
      : [{ path, message: expected(what, word, `also at ${formatPath(first)}`) }];
  });
}
