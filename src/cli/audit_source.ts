// Audit of sources: what `warmline audit --source DIR` does: words or a JSON document, and the exit code.
import { deriveKeepalive } from '../keepalive/intent.js';
import { type Keepalive, mergeKeepalive } from '../keepalive/policy.js';
import type { PresetName } from '../keepalive/presets.js';
import { explainSources } from '../toolkit/source/explain.js';
import { auditSources, findingsOf } from '../toolkit/source/report.js';
import type { Seconds } from '../units.js';

export interface AuditSourceOptions {
  /** The middlebox that the snippets keep warm; left out: the built-in values. */
  readonly preset?: PresetName;
  /** The same, by how long it remembers. */
  readonly natTimeout?: Seconds;
  /** A finding that is more than unclear makes the exit code 1. */
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** Audits the C and C++ sources below a folder. */
export function auditSource(folder: string, options: AuditSourceOptions = {}): void {
  const { strict = false, json = false } = options;
  const report = auditSources(folder, snippetKeepalive(options));
  const lines = json ? [JSON.stringify(report, null, 2)] : explainSources(report);
  process.stdout.write(`${lines.join('\n')}\n`);
  const findings = findingsOf(report).filter(({ confidence }) => confidence !== 'unclear');
  if (strict && findings.length > 0) process.exitCode = 1;
}

/** What a middlebox asks for can always be had: only deadAfter beside explicit keys can't. */
function snippetKeepalive({ preset, natTimeout }: AuditSourceOptions): Keepalive {
  const asked = mergeKeepalive([
    { ...(preset && { preset }), ...(natTimeout !== undefined && { natTimeout }) },
  ]);
  const derived = deriveKeepalive(asked ?? { explicit: {}, intent: {} });
  if (!derived.ok) throw new Error('a middlebox gave no keepalive');
  return derived.keepalive;
}
