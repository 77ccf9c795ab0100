// Places: where a file descriptor is kept, `fd`, `c->sock` or `socks[i]`, and where else its function carries it.
import type { Token } from './lexer.js';

/** A place as the texts of its tokens, without what is in brackets and the stars before it. */
export type Place = readonly string[];

/** The longest place that ends before an index, such as the left side of a `=`. */
export function placeBefore(tokens: readonly Token[], end: number): Place {
  let start = end;
  while (start > 0 && continues(tokens, start, end)) start = stepBack(tokens, start);
  return toPlace(tokens.slice(start, end));
}

function continues(tokens: readonly Token[], start: number, end: number): boolean {
  const [before, after] = [tokens[start - 1], tokens[start]];
  if (before?.text === ']') return true;
  if (before?.kind === 'name') return start === end || after?.kind !== 'name';
  return /^(->|\.|::)$/.test(before?.text ?? '');
}

function stepBack(tokens: readonly Token[], start: number): number {
  if (tokens[start - 1]?.text !== ']') return start - 1;
  let depth = 0;
  for (let at = start - 1; at >= 0; at--) {
    if (tokens[at]?.text === ']') depth++;
    if (tokens[at]?.text === '[' && --depth === 0) return at;
  }
  return start - 1;
}

/** The texts of an expression, as places have them: `socks [ i + 1 ]` is `socks [ ]`. */
export function toPlace(tokens: readonly Token[]): string[] {
  let depth = 0;
  const kept = tokens.filter(({ text }) => {
    if (text === ']') depth--;
    const keep = depth === 0;
    if (text === '[') depth++;
    return keep;
  });
  const texts = kept.map(({ text }) => text);
  return texts[0] === 'this' && texts[1] === '->' ? texts.slice(2) : texts;
}

/** Whether the expression is just this place, perhaps cast, dereferenced or in parentheses. */
export function isPlace(expression: readonly Token[], place: Place): boolean {
  const bare = toPlace(expression).filter((text) => !/^[()*&]$/.test(text));
  const start = bare.length - place.length;
  if (place.length === 0 || start < 0 || !place.every((text, at) => bare[start + at] === text))
    return false;
  return bare.slice(0, start).every((text) => /^\w+$/.test(text)) && start <= 3;
}

/** Whether a place occurs in an expression, as itself and not as a field of another. */
export function mentions(expression: readonly Token[], place: Place): boolean {
  if (place.length === 0) return false;
  const texts = toPlace(expression);
  return texts.some(
    (_, at) =>
      place.every((text, index) => texts[at + index] === text) &&
      !/^(->|\.)$/.test(texts[at - 1] ?? ''),
  );
}
