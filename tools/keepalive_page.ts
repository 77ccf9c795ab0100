// Keepalive page: the table of middleboxes in docs/keepalive.md, made from the presets. The prose is written by hand.
import { type Preset, presets } from '../src/keepalive/presets.js';
import { markdownTable } from './markdown.js';

/** Writes the table anew between its marks, `<!-- presets -->` and `<!-- end of presets -->`. */
export function fillKeepalivePage(page: string): string {
  return page.replace(
    /(<!-- presets -->\n).*?(?=<!-- end of presets -->)/s,
    (_, mark: string) => `${mark}\n${table()}\n\n`,
  );
}

function table(): string {
  const header = ['preset', 'box', 'forgets after', 'can be set to', 'and then'];
  return markdownTable(
    header,
    Object.entries(presets).map(([name, preset]) => cells(name, preset)),
  );
}

function cells(name: string, { title, limit, settable, onExpiry, refreshedBy }: Preset): string[] {
  const unit = refreshedBy === 'payload' ? 's without payload: **probes do not help**' : 's';
  return [`\`${name}\``, title, `${limit} ${unit}`, range(settable), endings[onExpiry]];
}

function range(settable: Preset['settable']): string {
  if (settable === 'unknown') return '';
  return settable === 'fixed' ? 'nothing else' : `${settable.min} s to ${settable.max} s`;
}

const endings: Readonly<Record<Preset['onExpiry'], string>> = {
  reset: 'resets on the next packet',
  drop: 'drops silently',
  close: 'closes',
  hang: 'hangs',
  unknown: '',
};
