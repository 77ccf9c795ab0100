// Values: which constants an expression can be, as far as its function and its file tell.
import { assignmentsIn } from './calls.js';
import type { FunctionBody } from './functions.js';
import type { Token } from './lexer.js';
import { toPlace } from './places.js';

/** A constant's name, a number, a parameter of the function as `parameter:2`, or `?`. */
export type Values = ReadonlySet<string>;

export const unknown = '?';

/** What is asked along with the function: constants of the whole tree. */
export type Constants = ReadonlyMap<string, readonly Token[]>;

/** Collects what an expression can be. */
export function valuesOf(
  expression: readonly Token[],
  fn: FunctionBody,
  constants: Constants,
): Values {
  const values = collect(expression, fn, constants, new Set());
  return values.size === 0 ? none() : values;
}

/** Each name is `seen` once, so that those that stand for each other come to an end. */
function collect(
  expression: readonly Token[],
  fn: FunctionBody,
  constants: Constants,
  seen: Set<string>,
): Values {
  const all: All = (parts) =>
    new Set(parts.flatMap((part) => [...collect(part, fn, constants, seen)]));
  const bare = unwrap(expression);
  const [choice, ...ways] = choices(bare);
  if (choice !== undefined) return all(ways);
  const operands = split(bare, /^[|&]$/);
  if (operands.length > 1) return knownOf(all(operands));
  if (bare[0]?.text === '{') return all(bare.filter(({ kind }) => kind === 'name').map((t) => [t]));
  const place = toPlace(bare);
  const key = place.join(' ');
  if (seen.has(key)) return new Set();
  seen.add(key);
  if (place.length === 1) return ofName(key, fn, constants, all);
  return place.some((text) => /^(->|\.|\[)$/.test(text)) ? ofField(place, fn, all) : none();
}

const none = (): Values => new Set([unknown]);
const isConstant = (text: string) => /^((AF|PF|SOCK|IPPROTO)_\w+|\d+)$/.test(text);

/** What several expressions can be together. */
type All = (parts: readonly (readonly Token[])[]) => Values;

/** A name by itself: a constant, a variable or a parameter. */
function ofName(name: string, fn: FunctionBody, constants: Constants, all: All): Values {
  if (isConstant(name)) return new Set([name]);
  const constant = constants.get(name);
  if (constant !== undefined) return all([constant]);
  const parameter = fn.parameters.indexOf(name);
  const given = parameter === -1 ? [] : [`parameter:${parameter}`];
  const own = valuesAssigned(fn.body, [name]);
  if (own.length > 0 || parameter !== -1) return new Set([...given, ...all(own)]);
  const { file } = fn;
  const shared = [file.outside, ...file.functions.map(({ body }) => body)];
  const values = shared.flatMap((tokens) => valuesAssigned(tokens, [name]));
  return values.length > 0 ? all(values) : none();
}

const families: ReadonlyMap<string, string> = new Map([
  ['ai_family', 'AF_INET'],
  ['sin_family', 'AF_INET'],
  ['sin6_family', 'AF_INET6'],
  ['sun_family', 'AF_UNIX'],
]);

/** getaddrinfo(3) gives internet families only, and the type that its hints ask for. */
function ofField(place: readonly string[], fn: FunctionBody, all: All): Values {
  const field = place.at(-1) ?? '';
  const own = valuesAssigned(fn.body, place);
  if (own.length > 0) return all(own);
  const family = families.get(field);
  if (family !== undefined) return new Set([family]);
  if (!/^ai_(socktype|protocol)$/.test(field)) return none();
  const bodies = [fn.body, fn.file.outside, ...fn.file.functions.map(({ body }) => body)];
  const hints = bodies.map((tokens) => valuesAssigned(tokens, [field], true));
  const asked = hints.find(({ length }) => length > 0);
  return asked === undefined ? none() : all(asked);
}

/** What is assigned to a place, or to any field of that name. */
function valuesAssigned(
  tokens: readonly Token[],
  place: readonly string[],
  anyField = false,
): (readonly Token[])[] {
  return assignmentsIn(tokens)
    .filter((one) =>
      anyField ? one.place.at(-1) === place.at(-1) : one.place.join() === place.join(),
    )
    .map(({ value }) => value);
}

/** Without parentheses around all of it, and without casts. */
function unwrap(tokens: readonly Token[]): readonly Token[] {
  let bare = tokens;
  while (bare[0]?.text === '(') {
    let depth = 0;
    const end = bare.findIndex(({ text }) => {
      if (text === '(') depth++;
      return text === ')' && --depth === 0;
    });
    const isWhole = end === bare.length - 1;
    const isCast = end > 0 && /^[\w(]/.test(bare[end + 1]?.text ?? '');
    if (!isWhole && !isCast) break;
    bare = isWhole ? bare.slice(1, -1) : bare.slice(end + 1);
  }
  return bare;
}

/** `a ? b : c` as its three parts; else nothing. */
function choices(tokens: readonly Token[]): (readonly Token[])[] {
  const [condition = [], ...rest] = split(tokens, /^\?$/);
  const [first = [], ...others] = split(rest.flat(), /^:$/);
  return rest.length === 1 && others.length === 1 ? [condition, first, ...others] : [];
}

/** Splits at a punctuation that is not in brackets. */
function split(tokens: readonly Token[], at: RegExp): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (/^[({[]$/.test(token.text)) depth++;
    if (/^[)}\]]$/.test(token.text)) depth--;
    if (depth === 0 && parts.at(-1)?.length !== 0 && at.test(token.text)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** Of several that are or'ed, those that are known. */
function knownOf(values: Values): Values {
  const known = [...values].filter((value) => value !== unknown);
  return known.length > 0 ? new Set(known) : values;
}
