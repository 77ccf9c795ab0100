// Calls: what a function calls, with which arguments, and where it puts what it gets.
import { pairs } from './branches.js';
import { type FunctionBody, splitArguments } from './functions.js';
import type { Token } from './lexer.js';
import { isPlace, mentions, type Place, placeBefore } from './places.js';

export interface Call {
  readonly name: string;
  /** The index of its name in the body. */
  readonly at: number;
  readonly offset: number;
  readonly args: readonly (readonly Token[])[];
  /** `a.name()`, `a->name()` or `A::name()`, but not `::name()`. */
  readonly isQualified: boolean;
}

const keywords: ReadonlySet<string> = new Set(
  'if while for switch return sizeof do else case throw catch co_return co_await new and or not'.split(
    ' ',
  ),
);

const known = new WeakMap<FunctionBody, readonly Call[]>();

/** The calls in a body, in order. */
export function callsOf(fn: FunctionBody): readonly Call[] {
  const calls = known.get(fn) ?? findCalls(fn);
  known.set(fn, calls);
  return calls;
}

/** In tokens: what is longer is data. It bounds the work on calls within calls. */
const longestCall = 2000;

function findCalls({ body }: FunctionBody): Call[] {
  const partners = pairs(body);
  return body.flatMap(({ kind, text, offset }, at) => {
    const end = partners.get(at + 1) ?? at;
    if (kind !== 'name' || body[at + 1]?.text !== '(' || end < at || keywords.has(text)) return [];
    if (!isExpression(body, at) || end - at > longestCall) return [];
    const args = splitArguments(body.slice(at + 2, end));
    return [{ name: text, at, offset, args, isQualified: isQualified(body, at) }];
  });
}

/** `int socket(…)` and `tcp::socket socket(…)` declare something. */
function isExpression(body: readonly Token[], at: number): boolean {
  return !isType(body[at - 1]);
}

function isQualified(body: readonly Token[], at: number): boolean {
  const before = body[at - 1]?.text ?? '';
  return /^(->|\.)$/.test(before) || (before === '::' && isType(body[at - 2]));
}

/** Where the result of a call goes. */
export interface Destination {
  /** Empty: to no place. */
  readonly place: Place;
  /** The place is written through a pointer, as in `*fd = socket(…)`. */
  readonly isPointer: boolean;
  readonly isReturned: boolean;
}

const nowhere: Destination = { place: [], isPointer: false, isReturned: false };

/** Looks back from a call for the `=` or the `return` that takes its result, also through casts, conditions and calls. */
export function destinationOf({ body }: FunctionBody, call: Call): Destination {
  const partners = pairs(body);
  for (let at = call.at - 1; at >= 0; at--) {
    const text = body[at]?.text ?? '';
    if (text === '=') return assigned(body, at);
    if (/^(co_)?return$/.test(text)) return { ...nowhere, isReturned: true };
    if (/^[({]$/.test(text) && isDeclaration(body, at))
      return { ...nowhere, place: [body[at - 1]?.text ?? ''] };
    if (/^[;{}]$/.test(text)) return nowhere;
    if (/^[)\]]$/.test(text)) at = partners.get(at) ?? at;
  }
  return nowhere;
}

function assigned(body: readonly Token[], at: number): Destination {
  const place = placeBefore(body, at);
  const isPointer =
    body[at - place.length - 1]?.text === '*' && !isType(body[at - place.length - 2]);
  return { place, isPointer, isReturned: false };
}

/** A name that is no keyword of a statement; before another name it is a type. */
export function isType(token: Token | undefined): boolean {
  return token?.kind === 'name' && !keywords.has(token.text);
}

/** `FileDescriptor fd(socket(…))`, `int fd{socket(…)}`. */
function isDeclaration(body: readonly Token[], at: number): boolean {
  return body[at - 1]?.kind === 'name' && isType(body[at - 1]) && isType(body[at - 2]);
}

export interface Assignment {
  readonly place: Place;
  readonly value: readonly Token[];
}

const knownAssignments = new WeakMap<readonly Token[], readonly Assignment[]>();

/** Every `place = value` among tokens, initialisers included; of `a = b = c` the value of a is b. */
export function assignmentsIn(tokens: readonly Token[]): readonly Assignment[] {
  const found = knownAssignments.get(tokens) ?? findAssignments(tokens);
  knownAssignments.set(tokens, found);
  return found;
}

function findAssignments(tokens: readonly Token[]): Assignment[] {
  return tokens.flatMap(({ text }, at) => {
    if (text !== '=') return [];
    const value = valueFrom(tokens, at + 1, /^[;,=)}\]]$/);
    return [{ place: placeBefore(tokens, at), value: value.length < longestCall ? value : [] }];
  });
}

/** Up to the end of the expression, or as much of it as a call may have. */
function valueFrom(tokens: readonly Token[], from: number, end = /^[;,)}\]]$/): readonly Token[] {
  const last = Math.min(tokens.length, from + longestCall);
  let depth = 0;
  for (let at = from; at < last; at++) {
    const text = tokens[at]?.text ?? '';
    if (depth === 0 && end.test(text)) return tokens.slice(from, at);
    if (/^[({[]$/.test(text)) depth++;
    if (/^[)}\]]$/.test(text)) depth--;
  }
  return tokens.slice(from, last);
}

/** Where a function has a descriptor. */
export interface Carriers {
  /** The places that hold the same descriptor, the one that was asked for first. */
  readonly same: readonly Place[];
  /** Those of what was made of it. */
  readonly made: readonly Place[];
}

const knownCarriers = new WeakMap<FunctionBody, Map<string, Carriers>>();

/** Follows a place through the assignments of its function. */
export function carriers(fn: FunctionBody, place: Place): Carriers {
  const own = knownCarriers.get(fn) ?? new Map<string, Carriers>();
  knownCarriers.set(fn, own);
  const key = place.join(' ');
  const found = own.get(key) ?? findCarriers(fn, place);
  own.set(key, found);
  return found;
}

/** More than any function needs. */
const mostCarriers = 100;

function findCarriers(fn: FunctionBody, place: Place): Carriers {
  const same: Place[] = place.length === 0 ? [] : [place];
  const made: Place[] = [];
  for (const { place: target, value } of assignmentsIn(fn.body)) {
    if (same.length + made.length > mostCarriers) break;
    if (target.length === 0 || same.some((one) => one.join() === target.join())) continue;
    if (same.some((one) => isPlace(value, one))) same.push(target);
    else if (value.some(({ text }) => text === '(') && mentionsAny(value, [...same, ...made]))
      made.push(target);
  }
  return { same, made };
}

/** A place of a function that holds the descriptor. */
export interface Holding {
  readonly fn: FunctionBody;
  readonly place: Place;
}

/** The calls of a function that get what is in a place. */
export function callsOn({ fn, place }: Holding): Call[] {
  const { same } = carriers(fn, place);
  return callsOf(fn).filter(({ args }) => args.some((arg) => mentionsAny(arg, same)));
}

export function mentionsAny(expression: readonly Token[], places: readonly Place[]): boolean {
  return places.some((place) => mentions(expression, place));
}

/** Whether a function returns what is in one of these places, or what another of its file makes of that. */
export function isReturned(fn: FunctionBody, places: readonly Place[], depth = 0): boolean {
  if (places.length === 0) return false;
  return fn.body.some(({ text }, at) => {
    if (!/^(co_)?return$/.test(text)) return false;
    const bare = outsideOfCalls(valueFrom(fn.body, at + 1));
    return mentionsAny(bare, places) || (depth === 0 && isPassedOn(fn, at + 1, places));
  });
}

/** `return prepared(fd)`, where that function returns its parameter. */
function isPassedOn(fn: FunctionBody, at: number, places: readonly Place[]): boolean {
  const call = callsOf(fn).find((one) => one.at === at);
  const index = call?.args.findIndex((arg) => mentionsAny(arg, places)) ?? -1;
  if (index === -1) return false;
  return fn.file.functions.some(
    (other) => other.name === call?.name && isReturned(other, [[other.parameters[index] ?? '']], 1),
  );
}

/** The tokens that are no arguments of a call; what is cast or in parentheses is none. */
function outsideOfCalls(tokens: readonly Token[]): Token[] {
  const open: boolean[] = [];
  let calls = 0;
  return tokens.filter(({ text }, at) => {
    if (text === ')' && open.pop()) calls--;
    const isOutside = calls === 0;
    if (text === '(') {
      open.push(tokens[at - 1]?.kind === 'name');
      if (open.at(-1)) calls++;
    }
    return isOutside;
  });
}
