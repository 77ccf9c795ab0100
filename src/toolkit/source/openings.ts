// Openings: what gives a descriptor of a new connection: socket(2), accept(2), and the functions and macros of a program
// that pass their own parameters to these and return the result. Those are judged where they are called.
import {
  type Call,
  callsOf,
  callsOn,
  carriers,
  type Destination,
  destinationOf,
  isReturned,
} from './calls.js';
import { type FunctionBody, isPrivate, type SourceFile } from './functions.js';
import type { Making } from './kinds.js';
import { type Options, optionsOn, type Setters } from './options.js';
import { isPlace, type Place } from './places.js';
import { type Constants, unknown, type Values, valuesOf } from './values.js';

export interface Opening {
  readonly call: 'socket' | 'accept';
  /** Parameters that decide what is made, and what is known whatever they are. */
  readonly domain: Values;
  readonly type: Values;
  readonly protocol: Values;
  /** accept(2): the parameter that is the listening socket. */
  readonly listening: number | null;
  readonly arity: number;
  /** What it sets by itself. */
  readonly options: Options;
  /** The names of the functions that it calls with the descriptor by itself. */
  readonly uses: readonly string[];
  /** Only this file can call it. */
  readonly file: SourceFile | null;
}

export type Openings = ReadonlyMap<string, readonly Opening[]>;

const given = (index: number): Values => new Set([`parameter:${index}`]);
const accepting: Opening = {
  call: 'accept',
  domain: given(1),
  type: new Set(['SOCK_STREAM']),
  protocol: new Set(['IPPROTO_TCP']),
  listening: 0,
  arity: 3,
  options: new Set(),
  uses: [],
  file: null,
};

/** The system calls. accept's domain is told by the address that it fills in, where that has a type. */
export const systemCalls: Openings = new Map<string, readonly Opening[]>([
  [
    'socket',
    [
      {
        call: 'socket',
        domain: given(0),
        type: given(1),
        protocol: given(2),
        listening: null,
        arity: 3,
        options: new Set(),
        uses: [],
        file: null,
      },
    ],
  ],
  ['accept', [accepting]],
  ['accept4', [{ ...accepting, arity: 4 }]],
]);

/** A call that makes a descriptor. */
export interface Site extends Making {
  readonly opening: Opening;
  readonly fn: FunctionBody;
  readonly call: Call;
  readonly destination: Destination;
  /** The places of its function that hold the descriptor. */
  readonly places: readonly Place[];
  /** The function returns it. */
  readonly isReturned: boolean;
}

/** Every site of these functions, in the order of the functions. */
export function sitesOf(
  functions: readonly FunctionBody[],
  openings: Openings,
  constants: Constants,
): Site[] {
  return functions.flatMap((fn) =>
    callsOf(fn).flatMap((call) => {
      const opening = openingOf(call, fn, openings);
      return opening === undefined ? [] : [siteOf(opening, call, fn, constants)];
    }),
  );
}

function openingOf(call: Call, fn: FunctionBody, openings: Openings): Opening | undefined {
  const isItself = call.name === fn.name && fn.body[call.at - 1]?.text !== '::';
  if (call.isQualified || isItself) return undefined;
  const named = openings.get(call.name) ?? [];
  return named.find(
    ({ arity, file }) => arity === call.args.length && (file === null || file === fn.file),
  );
}

function siteOf(opening: Opening, call: Call, fn: FunctionBody, constants: Constants): Site {
  const destination = destinationOf(fn, call);
  const places = carriers(fn, destination.place).same;
  const resolve = (values: Values): Values =>
    new Set(
      [...values].flatMap((value) => {
        const index = parameterIn(value);
        if (index === undefined) return [value];
        const argument = call.args[index] ?? [];
        return opening.call === 'accept'
          ? [...familyOf(argument, fn)]
          : [...valuesOf(argument, fn, constants)];
      }),
    );
  return {
    opening,
    fn,
    call,
    destination,
    places,
    isReturned: destination.isReturned || isReturned(fn, places),
    domain: resolve(opening.domain),
    type: resolve(opening.type),
    protocol: resolve(opening.protocol),
  };
}

/** `parameter:2` is 2. */
export function parameterIn(value: string): number | undefined {
  return value.startsWith('parameter:') ? Number(value.slice('parameter:'.length)) : undefined;
}

const families: ReadonlyMap<string, string> = new Map([
  ['sockaddr_un', 'AF_UNIX'],
  ['sockaddr_in', 'AF_INET'],
  ['sockaddr_in6', 'AF_INET6'],
]);

/** The family of an address, by the type that its variable is declared with. */
function familyOf(argument: readonly { text: string; kind: string }[], fn: FunctionBody): Values {
  const names = new Set(argument.filter(({ kind }) => kind === 'name').map(({ text }) => text));
  const index = fn.parameters.findIndex((name) => name !== '' && names.has(name));
  const tokens = [...fn.head, ...fn.body];
  const declared = tokens.flatMap(({ text }, at) => {
    const family = families.get(text);
    const name = tokens[at + 1]?.text === '*' ? tokens[at + 2]?.text : tokens[at + 1]?.text;
    return family !== undefined && names.has(name ?? '') ? [family] : [];
  });
  if (declared.length > 0) return new Set(declared);
  return new Set([index === -1 ? unknown : `parameter:${index}`]);
}

/** The opening that a function is, when its callers decide what it makes; else undefined. */
export function openingBy(site: Site, setters: Setters): Opening | undefined {
  const { fn, opening, domain, type, protocol } = site;
  if (fn.name === '' || fn.name === 'main' || !site.isReturned) return undefined;
  const { place } = site.destination;
  const listening = listeningParameter(site);
  const isGiven = [domain, type, protocol].some((values) => [...values].some(isParameter));
  if (opening.call === 'accept' ? listening === null : !isGiven) return undefined;
  return {
    call: opening.call,
    domain,
    type,
    protocol,
    listening,
    arity: fn.parameters.length,
    options: new Set([...opening.options, ...optionsOn(fn, place, setters)]),
    uses: [...opening.uses, ...callsOn({ fn, place }).map(({ name }) => name)],
    file: isPrivate(fn) ? fn.file : null,
  };
}

function isParameter(value: string): boolean {
  return parameterIn(value) !== undefined;
}

function listeningParameter({ opening, call, fn }: Site): number | null {
  if (opening.listening === null) return null;
  const argument = call.args[opening.listening] ?? [];
  const index = fn.parameters.findIndex((name) => name !== '' && isPlace(argument, [name]));
  return index === -1 ? null : index;
}
