// Suggest: which known word a mistyped one probably was.

/** Returns the known word that is the fewest edits away, one or two; undefined when none is near enough to be meant. */
export function closest(mistyped: string, known: readonly string[]): string | undefined {
  return nearest(mistyped, known, 1) ?? nearest(mistyped, known, 2);
}

/** A short word must be hit more exactly: three letters allow one edit. */
function nearest(mistyped: string, known: readonly string[], edits: number): string | undefined {
  const candidates = known.filter((word) => edits <= Math.ceil(word.length / 3));
  return candidates.find((word) => isNear(mistyped.toLowerCase(), word.toLowerCase(), edits));
}

/** Whether so many insertions, deletions and replacements make one word the other (Levenshtein). */
function isNear(from: string, to: string, edits: number): boolean {
  if (from === '' || to === '') return from.length + to.length <= edits;
  const [restFrom, restTo] = [from.slice(1), to.slice(1)];
  if (from[0] === to[0]) return isNear(restFrom, restTo, edits);
  if (edits === 0) return false;
  return [
    [restFrom, to],
    [from, restTo],
    [restFrom, restTo],
  ].some(([a = '', b = '']) => isNear(a, b, edits - 1));
}
