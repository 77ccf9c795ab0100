// Wish: what the options of `warmline preload` ask of the library, checked. All that is wrong is told at once.
import type { Parsed } from '../../config/expected.js';
import { parseUserTimeout } from '../../config/leaves.js';
import { WarmlineError } from '../../errors.js';
import type { KeepaliveSettings } from '../../keepalive/policy.js';
import type { PresetName } from '../../keepalive/presets.js';
import { mostRules, parseRule } from './rule.js';
import { parseCount, parseTime } from './values.js';
import type { Wish } from './variables.js';

/** The options as they were given. */
export interface Words {
  readonly idle?: string;
  readonly interval?: string;
  readonly count?: string;
  readonly userTimeout?: string;
  readonly preset?: PresetName;
  readonly rule?: readonly string[];
  readonly off?: boolean;
}

/** Makes a wish of options; throws WL_USAGE with a line for each that is wrong. */
export function parseWish(words: Words): Wish {
  const reading = new Reading();
  const values = {
    idle: reading.read('--idle', words.idle, parseTime),
    interval: reading.read('--interval', words.interval, parseTime),
    count: reading.read('--count', words.count, parseCount),
    userTimeout: reading.read('--user-timeout', words.userTimeout, parseUserTimeout),
    preset: words.preset,
  };
  const { rule: rules = [], off = false } = words;
  for (const rule of rules) reading.read('--rule', rule, parseRule);
  const settings = withoutNothing(values);
  if (rules.length > mostRules) reading.problem(`--rule: expected at most ${mostRules} rules`);
  if (off && Object.keys(settings).length + rules.length > 0) {
    reading.problem('expected either --off or a keepalive, got both');
  }
  reading.throwProblems();
  return { off, settings, rules };
}

/** Reads options one by one and remembers what was wrong. */
class Reading {
  readonly #problems: string[] = [];

  read<T>(option: string, text: string | undefined, parse: (text: string) => Parsed<T>) {
    if (text === undefined) return undefined;
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    this.problem(`${option}: ${parsed.message}`);
    return undefined;
  }

  problem(line: string): void {
    this.#problems.push(line);
  }

  throwProblems(): void {
    if (this.#problems.length === 0) return;
    throw new WarmlineError('WL_USAGE', this.#problems.join('\n'));
  }
}

type Values = { readonly [Key in keyof KeepaliveSettings]: KeepaliveSettings[Key] | undefined };

function withoutNothing(values: Values): KeepaliveSettings {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as KeepaliveSettings;
}
