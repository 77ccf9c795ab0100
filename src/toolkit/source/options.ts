// Options: which functions set keepalive options on which of their parameters, directly or through others.
import { type Call, callsOf, carriers, mentionsAny } from './calls.js';
import type { FunctionBody } from './functions.js';
import type { Token } from './lexer.js';
import { isPlace, type Place } from './places.js';

/** The options that keep a connection warm, in the order in which they are set. */
export const optionNames = [
  'SO_KEEPALIVE',
  'TCP_KEEPIDLE',
  'TCP_KEEPINTVL',
  'TCP_KEEPCNT',
  'TCP_USER_TIMEOUT',
] as const;

export type OptionName = (typeof optionNames)[number];
export type Options = ReadonlySet<OptionName>;

/** By a function's name, what it sets on each of its parameters. */
export type Setters = ReadonlyMap<string, ReadonlyMap<number, Options>>;

const knownNamed = new WeakMap<Call, readonly OptionName[]>();

/** The options that a call names, such as setsockopt(2) or a function around it; asking for one sets nothing. */
export function optionsNamed(call: Call): readonly OptionName[] {
  const named = knownNamed.get(call) ?? findNamed(call);
  knownNamed.set(call, named);
  return named;
}

function findNamed({ name, args }: Call): OptionName[] {
  const words = new Set(args.filter(({ length }) => length <= 3).flatMap(textsOf));
  return /get/i.test(name) ? [] : optionNames.filter((option) => words.has(option));
}

function textsOf(tokens: readonly Token[]): string[] {
  return tokens.map(({ text }) => text);
}

/** What a function sets on a descriptor that is kept in this place, itself or through what it calls. */
export function optionsOn(fn: FunctionBody, place: Place, setters: Setters): Set<OptionName> {
  const calls = place.length === 0 ? [] : settingCalls(fn, setters);
  if (calls.length === 0) return new Set();
  const { same, made } = carriers(fn, place);
  const holders = same.flatMap((one) => (one.length > 1 ? [one.slice(0, 1)] : []));
  const gets = (arg: readonly Token[]) =>
    mentionsAny(arg, [...same, ...made]) || holders.some((holder) => isPlace(arg, holder));
  return new Set(
    calls.flatMap((call) => {
      const own = call.args.some((arg) => mentionsAny(arg, same)) ? optionsNamed(call) : [];
      const through = [...(setters.get(call.name) ?? [])].filter(([at]) =>
        gets(call.args[at] ?? []),
      );
      return [...own, ...through.flatMap(([, options]) => [...options])];
    }),
  );
}

function settingCalls(fn: FunctionBody, setters: Setters): Call[] {
  return callsOf(fn).filter((call) => setters.has(call.name) || optionsNamed(call).length > 0);
}

/** So that functions that call each other in a ring come to an end. */
const longestChain = 10;

/** Finds the setters among functions, and those that call them with a parameter of their own. */
export function findSetters(functions: readonly FunctionBody[]): Setters {
  const setters = new Map<string, Map<number, Set<OptionName>>>();
  for (let round = 0; round < longestChain; round++) {
    const setting = functions.filter((fn) => settingCalls(fn, setters).length > 0);
    const learnt = setting.filter((fn) => fn.name !== '' && learn(fn, setters));
    if (learnt.length === 0) break;
  }
  return setters;
}

/** Whether something was added. */
function learn(fn: FunctionBody, setters: Map<string, Map<number, Set<OptionName>>>): boolean {
  let added = false;
  for (const [index, parameter] of fn.parameters.entries()) {
    if (parameter === '') continue;
    const options = optionsOn(fn, [parameter], setters);
    if (options.size === 0) continue;
    const own = setters.get(fn.name) ?? new Map<number, Set<OptionName>>();
    const before = own.get(index) ?? new Set<OptionName>();
    added ||= [...options].some((option) => !before.has(option));
    setters.set(fn.name, own.set(index, new Set([...before, ...options])));
  }
  return added;
}
