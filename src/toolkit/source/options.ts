// Options: which functions set keepalive options on which of their parameters, directly or through others.
import { type Call, callsOf, carriers, mentionsAny } from './calls.js';
import type { FunctionBody } from './functions.js';
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

/** The options that a call names, such as setsockopt(2) or a function around it; asking for one sets nothing. */
export function optionsNamed({ name, args }: Call): OptionName[] {
  if (/get/i.test(name)) return [];
  return optionNames.filter((option) =>
    args.some((arg) => arg.length <= 3 && arg.some(({ text }) => text === option)),
  );
}

/** What a function sets on a descriptor that is kept in this place, itself or through what it calls. */
export function optionsOn(fn: FunctionBody, place: Place, setters: Setters): Set<OptionName> {
  const found = new Set<OptionName>();
  const calls = callsOf(fn).filter((call) => mayset(call, setters));
  if (calls.length === 0 || place.length === 0) return found;
  const { same, made } = carriers(fn, place);
  const holders = same.flatMap((one) => (one.length > 1 ? [one.slice(0, 1)] : []));
  for (const call of calls) {
    if (call.args.some((arg) => mentionsAny(arg, same)))
      for (const option of optionsNamed(call)) found.add(option);
    for (const [index, options] of setters.get(call.name) ?? []) {
      const arg = call.args[index] ?? [];
      const carried = mentionsAny(arg, [...same, ...made]);
      if (carried || holders.some((holder) => isPlace(arg, holder)))
        for (const option of options) found.add(option);
    }
  }
  return found;
}

function mayset(call: Call, setters: Setters): boolean {
  return setters.has(call.name) || optionsNamed(call).length > 0;
}

/** So that functions that call each other in a ring come to an end. */
const longestChain = 10;

/** Finds the setters among functions, and those that call them with a parameter of their own. */
export function findSetters(functions: readonly FunctionBody[]): Setters {
  const setters = new Map<string, Map<number, Set<OptionName>>>();
  for (let round = 0; round < longestChain; round++) {
    const learnt = functions.filter((fn) => fn.name !== '' && learn(fn, setters));
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
