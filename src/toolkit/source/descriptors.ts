// Descriptors: what becomes of the descriptor of a site: what is set on it, who else gets it, what it is used for.
import { dirname } from 'node:path';
import {
  type Call,
  callsOf,
  callsOn,
  carriers,
  destinationOf,
  type Holding,
  isReturned,
  isType,
  mentionsAny,
} from './calls.js';
import type { FunctionBody, SourceFile } from './functions.js';
import type { Token } from './lexer.js';
import type { Site } from './openings.js';
import { type OptionName, optionsNamed, optionsOn } from './options.js';
import { type Place, toPlace } from './places.js';
import type { Caller, Program } from './program.js';

/** What is set on a descriptor. */
export interface Settings {
  readonly options: ReadonlySet<OptionName>;
  /** Some of the callers set SO_KEEPALIVE, and others do not. */
  readonly isMixed: boolean;
}

/** So that functions that call each other in a ring come to an end. */
const furthest = 4;

/** What is set on the descriptor of a site, in its function, in its file and by those who get it. */
export function settingsOf(site: Site, program: Program): Settings {
  const { fn, destination } = site;
  const own = new Set([
    ...site.opening.options,
    ...optionsOn(fn, destination.place, program.setters),
    ...optionsInFile(site, program),
  ]);
  const sets = handedTo(site, program).map((holdings) => setOnAny(holdings, program));
  const keeping = sets.filter((set) => set.has('SO_KEEPALIVE'));
  if (keeping.length === 0) return { options: own, isMixed: false };
  const byAll = [...(sets[0] ?? [])].filter((option) => sets.every((set) => set.has(option)));
  return {
    options: new Set([...own, ...byAll]),
    isMixed: keeping.length < sets.length && !own.has('SO_KEEPALIVE'),
  };
}

function setOnAny(holdings: readonly Holding[], { setters }: Program): Set<OptionName> {
  return new Set(holdings.flatMap(({ fn, place }) => [...optionsOn(fn, place, setters)]));
}

/** What other functions of the file set on a place that is not the function's own. */
function optionsInFile({ fn, destination }: Site, { setters }: Program): OptionName[] {
  const { place } = destination;
  if (place.length === 0 || isLocal(fn, place)) return [];
  return fn.file.functions.flatMap((other) => [...optionsOn(other, place, setters)]);
}

/** Whether a place is a variable that is declared in its function. */
export function isLocal({ parameters, body }: FunctionBody, place: Place): boolean {
  if (place.length !== 1) return false;
  const [name = ''] = place;
  if (parameters.includes(name)) return true;
  return body.some(({ text }, at) => text === name && isDeclared(body, at));
}

/** `int fd`, `int *fd`, `int a, fd`: whether the statement starts as a declaration, and this is no argument in it. */
function isDeclared(body: readonly Token[], at: number): boolean {
  if (isType(body[at - 1])) return true;
  if (!/^[*,&>]$/.test(body[at - 1]?.text ?? '')) return false;
  let depth = 0;
  let start = at;
  while (start > 0 && !/^[;{}]$/.test(body[start - 1]?.text ?? '') && depth >= 0) {
    start--;
    if (body[start]?.text === ')') depth++;
    if (body[start]?.text === '(') depth--;
  }
  return depth === 0 && isType(body[start]) && /^(\w+|[*:<&]+)$/.test(body[start + 1]?.text ?? '');
}

/**
 * Who gets what a function returns or writes through its parameters, a list of holdings for each: the callers, or theirs
 * where they return it in turn.
 */
export function handedTo(site: Site, program: Program): Holding[][] {
  const { destination, fn } = site;
  if (site.isReturned)
    return program
      .callersOf(fn)
      .flatMap((one) => receivers(one, program, 1))
      .map((one) => [one]);
  const written = site.places.filter((place) => destination.isPointer || place.length > 1);
  const indices = written.map(([name = '']) => fn.parameters.indexOf(name));
  if (indices.every((index) => index === -1)) return [];
  return program.callersOf(fn).map(({ fn: caller, call }) =>
    indices.flatMap((index) => {
      const place = toPlace(call.args[index] ?? []).filter((text) => !/^[&()*]$/.test(text));
      return place.length === 0 ? [] : [{ fn: caller, place }];
    }),
  );
}

function receivers({ fn, call }: Caller, program: Program, depth: number): Holding[] {
  const { place, isReturned: directly } = destinationOf(fn, call);
  const goesOn = directly || isReturned(fn, carriers(fn, place).same);
  const next = goesOn && depth < furthest ? program.callersOf(fn) : [];
  const own = place.length > 0 && optionsOn(fn, place, program.setters).has('SO_KEEPALIVE');
  if (next.length === 0 || own) return [{ fn, place }];
  return next.flatMap((one) => receivers(one, program, depth + 1));
}

/** The names of the calls that get the descriptor. */
export function usesOf(site: Site, program: Program): string[] {
  const calls = holdingsOf(site, program).flatMap((holding) => callsOn(holding));
  const others = calls.filter((one) => one !== site.call);
  return [...site.opening.uses, ...others.map(({ name }) => name)];
}

/** Where a descriptor is held: in its function, in its file when it is no local variable, and by those who get it. */
function holdingsOf(site: Site, program: Program): Holding[] {
  const { fn, destination } = site;
  const own = { fn, place: destination.place };
  const isOwn = own.place.length !== 1 || isLocal(fn, own.place);
  const inFile = isOwn ? [own] : fn.file.functions.map((other) => ({ ...own, fn: other }));
  return [...inFile, ...handedTo(site, program).flat()];
}

/** What a descriptor is used for; a listener's connections inherit what is set on it (tcp(7)). */
export type Role = 'listener' | 'client' | 'accepted' | 'unknown';

export function roleOf(site: Site, program: Program): Role {
  if (site.opening.call === 'accept') return 'accepted';
  const uses = usesOf(site, program);
  if (uses.some((name) => /listen/i.test(name))) return 'listener';
  return uses.some((name) => /connect/i.test(name)) ? 'client' : 'unknown';
}

const harmless =
  /^(close|closesocket|fcntl|ioctl|setsockopt|getsockopt|shutdown|perror|\w*(close|nonblock|cloexec)\w*)$/i;

/** Whether a socket is only made to be asked something or held in reserve, and closed in the same file. */
export function isScratch(site: Site): boolean {
  const { fn, destination } = site;
  const { place } = destination;
  if (site.opening.call === 'accept' || site.isReturned || destination.isPointer) return false;
  if (place.length !== 1) return false;
  const bodies = isLocal(fn, place) ? [fn] : fn.file.functions;
  if (bodies.some((body) => carriers(body, place).same.length > 1)) return false;
  const uses = bodies.flatMap((body) =>
    callsOf(body).filter(
      ({ args }) => args.some((arg) => mentionsAny(arg, [place])) && !args.some(holdsCall),
    ),
  );
  return (
    uses.some(({ name }) => /close/i.test(name)) && uses.every(({ name }) => harmless.test(name))
  );
}

/** An argument with a call in it: that call is looked at by itself. */
function holdsCall(arg: readonly { text: string }[]): boolean {
  return arg.some(({ text }) => text === '(');
}

const systemUses =
  /^(close|bind|listen|connect|fcntl|ioctl|(set|get)sockopt|get(sock|peer)name|read|write|send|recv|shutdown|FD_\w+)$/;

/** Whether others can get at the descriptor, so that they may set what the site does not. */
export function isShared(site: Site, program: Program): boolean {
  const { fn, places, destination } = site;
  if (site.isReturned || destination.isPointer || places.some((place) => !isLocal(fn, place)))
    return true;
  return usesOf(site, program).some((name) => !systemUses.test(name));
}

/** A place of the tree where SO_KEEPALIVE is set, and on whose descriptors. */
export interface Elsewhere {
  readonly file: SourceFile;
  readonly offset: number;
  /** It is set on a local variable, which other files do not get at. */
  readonly isLocal: boolean;
}

/** Where the tree sets SO_KEEPALIVE on what may be any of its sockets, or lets a table of options do so. */
export function settingsElsewhere(program: Program): Elsewhere[] {
  const own = program.sites.flatMap((site) => holdingsOf(site, program));
  const calls = program.functions.flatMap((fn) =>
    callsOf(fn)
      .filter((call) => optionsNamed(call).includes('SO_KEEPALIVE'))
      .filter((call) => !own.some((holding) => holding.fn === fn && isSetOn(call, holding)))
      .map((call) => ({ file: fn.file, offset: call.offset, isLocal: setsOwn(fn, call) })),
  );
  const tables = program.files.flatMap((file) =>
    file.outside
      .filter((token) => token.text === 'SO_KEEPALIVE')
      .map(({ offset }) => ({ file, offset, isLocal: false })),
  );
  return [...calls, ...tables];
}

function isSetOn({ args }: Call, { fn, place }: Holding): boolean {
  const { same } = carriers(fn, place);
  return args.some((arg) => mentionsAny(arg, same));
}

/** Whether the first argument is a local variable or a constant, and neither a parameter nor a field. */
function setsOwn(fn: FunctionBody, { args: [first = []] }: Call): boolean {
  const place = toPlace(first);
  const isName = place.length === 1 && !fn.parameters.includes(place[0] ?? '');
  return isName && (isLocal(fn, place) || /^([A-Z_\d]+)$/.test(place[0] ?? ''));
}

/** The one that is nearest to a file, of those that may reach it. */
export function nearest(all: readonly Elsewhere[], file: SourceFile): Elsewhere | undefined {
  const folder = dirname(file.path);
  const reaching = all.filter((one) => one.file === file || !one.isLocal);
  return (
    reaching.find((one) => one.file === file) ??
    reaching.find((one) => dirname(one.file.path) === folder) ??
    reaching[0]
  );
}

/** The descriptor as its function writes it; null when it goes nowhere. */
export function descriptorOf({ destination: { place, isPointer } }: Site): string | null {
  return place.length === 0 ? null : `${isPointer ? '*' : ''}${place.join('')}`;
}
