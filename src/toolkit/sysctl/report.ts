// Report: what the settings of the moment mean: when a dead peer is noticed, which middleboxes forget, what is odd.
import { type PresetName, presetNames, presets } from '../../keepalive/presets.js';
import { detection } from '../../keepalive/timeline.js';
import { type Warmth, warmth } from '../../keepalive/warmth.js';
import type { Milliseconds, Seconds } from '../../units.js';
import { readBootFiles } from './boot_files.js';
import { type AtBoot, atBoot } from './precedence.js';
import {
  asKeepalive,
  type Roots,
  readValues,
  type SettingName,
  settingNames,
  settings,
  type Values,
} from './settings.js';

/** When what happens to an idle socket, from the last segment received. */
export interface Times {
  readonly firstProbe: Milliseconds;
  readonly deadIdle: Milliseconds;
  readonly deadAfterAnsweredProbe: Milliseconds;
}

export interface BoxReport {
  readonly preset: PresetName;
  readonly title: string;
  readonly limit: Seconds;
  readonly warmth: Warmth;
}

/** A value that no socket may ask for. */
export interface Oddity {
  readonly name: SettingName;
  readonly message: string;
}

export interface Report {
  readonly values: Values;
  readonly atBoot: AtBoot;
  readonly unreadable: readonly string[];
  readonly times: Times;
  readonly boxes: readonly BoxReport[];
  readonly oddities: readonly Oddity[];
}

/** Reports on this network namespace. */
export function report(roots: Roots): Report {
  const values = readValues(roots.procSys);
  const { assignments, unreadable } = readBootFiles(roots.files);
  return {
    values,
    atBoot: atBoot(assignments),
    unreadable,
    times: timesOf(values),
    boxes: presetNames.map((preset) => boxReport(preset, values)),
    oddities: settingNames.flatMap((name) => oddityOf(name, values)),
  };
}

/** When a socket with these values, and none of its own, does what. */
export function timesOf(values: Values): Times {
  const { idle, afterAnsweredProbe } = detection(asKeepalive(values));
  return {
    firstProbe: values.time * 1000,
    deadIdle: idle,
    deadAfterAnsweredProbe: afterAnsweredProbe,
  };
}

function boxReport(preset: PresetName, values: Values): BoxReport {
  const { title, limit } = presets[preset];
  return { preset, title, limit, warmth: warmth(asKeepalive(values), presets[preset]) };
}

function oddityOf(name: SettingName, values: Values): Oddity[] {
  const value = values[name];
  const { key, range, initial } = settings[name];
  if (value >= range.min && value <= range.max) return [];
  const effect =
    name === 'probes' && value === 0
      ? 'so every connection is cut, unprobed, once it has been idle for that long'
      : `and sockets can ask for ${range.min} to ${range.max} only`;
  return [{ name, message: `${key} is ${value}, ${effect}; the kernel's own value is ${initial}` }];
}
