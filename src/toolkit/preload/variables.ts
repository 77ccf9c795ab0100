// Variables: what the environment of a program says to the preload library. docs/toolkit/preload.md has their meaning.
import { deriveKeepalive } from '../../keepalive/intent.js';
import { type Keepalive, type KeepaliveSettings, mergeKeepalive } from '../../keepalive/policy.js';
import { presetNames } from '../../keepalive/presets.js';
import type { Milliseconds } from '../../units.js';

/** What is asked of the library; what is left out comes from the environment, or is built in. */
export interface Wish {
  /** Keepalive is off, whatever else is said. */
  readonly off: boolean;
  /** Values and a preset, of which the relay would make the same. */
  readonly settings: KeepaliveSettings;
  /** Rules as the library takes them, checked by `parseRule`. */
  readonly rules: readonly string[];
}

export type Variables = Readonly<Record<string, string>>;

/** The names that libkeepalive has; `WARMLINE_` in front of each wins. */
const names = ['KEEPALIVE', 'KEEPCNT', 'KEEPIDLE', 'KEEPINTVL'];

/** The variables to add to an environment so that the library does what is wished. */
export function preloadVariables(
  wish: Wish,
  library: string,
  environment: NodeJS.ProcessEnv,
): Variables {
  return {
    LD_PRELOAD: withLibrary(environment['LD_PRELOAD'], library),
    ...(wish.off ? { WARMLINE_KEEPALIVE: 'off' } : keepaliveVariables(wish.settings, environment)),
    ...(wish.rules.length > 0 && { WARMLINE_RULES: wish.rules.join(',') }),
  };
}

/** Behind what is there: a sanitizer must be first, and others may expect to be called by the program itself. */
function withLibrary(before: string | undefined, library: string): string {
  const libraries = (before ?? '').split(/[\s:]+/).filter((each) => each !== '');
  return libraries.includes(library) ? libraries.join(':') : [...libraries, library].join(':');
}

function keepaliveVariables(
  settings: KeepaliveSettings,
  environment: NodeJS.ProcessEnv,
): Variables {
  const isSilent = Object.keys(settings).length === 0;
  return isSilent && saysSomething(environment) ? {} : toVariables(settings);
}

/** Whether one who knows the library has said what he wants. PRESET may be another program's word. */
function saysSomething(environment: NodeJS.ProcessEnv): boolean {
  const preset = environment['WARMLINE_PRESET'] ?? environment['PRESET'] ?? '';
  return (
    presetNames.some((name) => name === preset) ||
    names.some((name) => environment[name] || environment[`WARMLINE_${name}`])
  );
}

/** The switch is said as well, because the environment may have it off. */
function toVariables({ userTimeout, ...settings }: KeepaliveSettings): Variables {
  const { idle, interval, count } = derive(settings);
  return {
    WARMLINE_KEEPALIVE: 'on',
    WARMLINE_KEEPCNT: String(count),
    WARMLINE_KEEPIDLE: String(idle),
    WARMLINE_KEEPINTVL: String(interval),
    ...(userTimeout !== undefined && { WARMLINE_USER_TIMEOUT: written(userTimeout) }),
  };
}

/** What the relay makes of the same words. */
function derive(settings: KeepaliveSettings): Keepalive {
  const asked = mergeKeepalive([settings]) ?? { explicit: {}, intent: {} };
  const derived = deriveKeepalive(asked);
  if (derived.ok) return derived.keepalive;
  throw new Error('only a deadAfter can conflict, and there is none');
}

function written(userTimeout: Milliseconds | 'auto'): string {
  return userTimeout === 0 ? 'off' : String(userTimeout);
}
