// Shapes: the kinds of values that the schema is made of. Each refuses with a whole "expected X, got Y" sentence.
import z = require('zod');

import type { Range } from '../keepalive/policy.js';
import { expected, type Parsed } from './expected.js';
import { closest } from './suggest.js';

/** A string that a parser turns into a value; `mend` says what is wrong with a bare number. */
export function text<T>(what: string, parse: (text: string) => Parsed<T>, mend?: string) {
  return z
    .string({
      error: ({ input }) => expected(what, input, typeof input === 'number' ? mend : undefined),
    })
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.addIssue(parsed.message);
      return z.NEVER;
    });
}

/** A whole number within a range. */
export function wholeNumber({ min, max }: Range) {
  const error = refusing(`a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** true or false. */
export function yesOrNo() {
  return z.boolean({ error: refusing('true or false') });
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: refusing(`one of ${words.join(', ')}`) });
}

/** A list with at least one item. */
export function listOf<Item extends z.ZodType>(what: string, item: Item) {
  const error = refusing(`a list with at least one ${what}`);
  return z.array(item, { error }).min(1, { error });
}

/** Either of several shapes; `what` is how they are asked for when the input looks like none of them. */
export function either<Shapes extends readonly z.ZodType[]>(what: string, shapes: Shapes) {
  return z.union(shapes, { error: refusing(what) });
}

/** One item or a list of them, always as a list. */
export function oneOrMore<Item extends z.ZodType>(what: string, item: Item) {
  return either(`${what}, or a list`, [
    item.transform((value) => [value]),
    listOf('address', item),
  ]);
}

/** A mapping with these keys and no others; the sentence on unknown keys has a line for each, in their order. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => refuseKey(key, known)).join('\n')
        : expected(`a mapping with ${known.join(', ')}`, issue.input),
  });
}

function refuseKey(key: string, known: readonly string[]): string {
  const meant = closest(key, known);
  const mend =
    meant === undefined ? `the keys here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return expected('a known key', key, mend);
}

function refusing(what: string) {
  return ({ input }: { readonly input?: unknown }) => expected(what, input);
}
