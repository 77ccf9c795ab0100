// Program: what a tree's files say together: what opens sockets, what sets options, and who calls whom. Only files that
// name one of these are parsed; what they define is named by others in turn.
import { type Call, callsOf } from './calls.js';
import { type FunctionBody, isPrivate, parseFile, type SourceFile } from './functions.js';
import {
  type Opening,
  type Openings,
  openingBy,
  type Site,
  sitesOf,
  systemCalls,
} from './openings.js';
import { findSetters, optionNames, type Setters } from './options.js';
import type { Constants } from './values.js';

export interface Program {
  readonly files: readonly SourceFile[];
  readonly functions: readonly FunctionBody[];
  readonly constants: Constants;
  readonly openings: Openings;
  readonly setters: Setters;
  readonly sites: readonly Site[];
  /** The calls of a function. Where several files define one of that name, those of its own file. */
  callersOf(fn: FunctionBody): readonly Caller[];
}

export interface Caller {
  readonly fn: FunctionBody;
  readonly call: Call;
}

/** How far a function may stand from the system call: callers of callers and so on. */
const furthest = 8;

/** Understands a tree. */
export function readProgram(texts: ReadonlyMap<string, string>): Program {
  const files = new Map<string, SourceFile>();
  const names = new Set<string>([...systemCalls.keys(), ...optionNames]);
  let news = [...names];
  let understood = understand([]);
  for (let round = 0; round < furthest && news.length > 0; round++) {
    const word = new RegExp(`\\b(?:${news.join('|')})\\b`);
    for (const [path, text] of texts)
      if (!files.has(path) && word.test(text)) files.set(path, parseFile(path, text));
    understood = understand([...files.values()]);
    news = telling(understood).filter((name) => !names.has(name));
    for (const name of news) names.add(name);
  }
  return { ...understood, callersOf: callersAmong(understood.functions) };
}

type Understood = Omit<Program, 'callersOf'>;

function understand(files: readonly SourceFile[]): Understood {
  const functions = files.flatMap((file) => file.functions);
  const constants = new Map(files.flatMap((file) => [...file.constants]));
  const setters = findSetters(functions);
  const openings = findOpenings(functions, constants, setters);
  const sites = sitesOf(functions, openings, constants);
  return { files, functions, constants, setters, openings, sites };
}

/** Functions whose callers have to be seen. */
function telling({ openings, setters, sites }: Understood): string[] {
  const givers = sites
    .filter(({ isReturned, destination }) => isReturned || destination.isPointer)
    .map(({ fn }) => fn.name);
  const names = new Set([...openings.keys(), ...setters.keys(), ...givers]);
  return [...names].filter((name) => /^\w+$/.test(name) && name !== 'main');
}

function findOpenings(
  functions: readonly FunctionBody[],
  constants: Constants,
  setters: Setters,
): Openings {
  const openings = new Map<string, readonly Opening[]>(systemCalls);
  for (let round = 0; round < furthest; round++) {
    const before = openings.size;
    for (const [name, body] of constants) {
      const meant = body.length === 1 ? openings.get(body[0]?.text ?? '') : undefined;
      if (meant !== undefined && !openings.has(name)) openings.set(name, meant);
    }
    const sites = sitesOf(functions, openings, constants);
    addOpenings(openings, sites, setters);
    if (openings.size === before) break;
  }
  return openings;
}

/** A name keeps the openings that it had. */
function addOpenings(
  openings: Map<string, readonly Opening[]>,
  sites: readonly Site[],
  setters: Setters,
): void {
  const added = new Map<string, Opening[]>();
  for (const site of sites) {
    const opening = openingBy(site, setters);
    const { name } = site.fn;
    if (opening === undefined || openings.has(name)) continue;
    added.set(name, [...(added.get(name) ?? []), opening]);
  }
  for (const [name, found] of added) openings.set(name, found);
}

function callersAmong(functions: readonly FunctionBody[]): Program['callersOf'] {
  const byName = new Map<string, Caller[]>();
  for (const fn of functions)
    for (const call of callsOf(fn)) {
      const callers = byName.get(call.name) ?? [];
      callers.push({ fn, call });
      byName.set(call.name, callers);
    }
  const definitions = new Map<string, Set<SourceFile>>();
  for (const { name, file } of functions)
    definitions.set(name, (definitions.get(name) ?? new Set()).add(file));
  return (fn) => {
    const { name, file } = fn;
    const callers = (byName.get(name) ?? []).filter((one) => one.fn.name !== name);
    const near = callers.filter((one) => one.fn.file === file);
    const isOwn = isPrivate(fn) || (near.length > 0 && (definitions.get(name)?.size ?? 0) > 1);
    return isOwn ? near : callers;
  };
}
