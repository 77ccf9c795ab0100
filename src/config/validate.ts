// Validate: any value → Config, or everything that is wrong with it. The one place where `unknown` becomes typed.
// Knows no YAML and no positions.
import type { core } from 'zod';
import { findClashes } from './clashes.js';
import type { Config } from './config.js';
import { findConflicts } from './conflicts.js';
import type { Finding, Path } from './finding.js';
import { mergeConfig } from './merge.js';
import { fileSchema } from './schema.js';

export type Validation =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks a value against the schema, across routes and across the places of a leg; finds all problems at once. */
export function validate(value: unknown): Validation {
  const written = fileSchema.safeParse(value);
  const findings = [...findMistakes(written.error), ...findClashes(value), ...findConflicts(value)];
  if (written.success && findings.length === 0)
    return { ok: true, config: mergeConfig(written.data) };
  return { ok: false, findings };
}

/** Everything that a schema refused; nothing for undefined. */
export function findMistakes(error: core.$ZodError | undefined): Finding[] {
  return (error?.issues ?? []).flatMap((issue) => findingsOf(issue, []));
}

function findingsOf(issue: core.$ZodIssue, parent: Path): Finding[] {
  const path: Path = [...parent, ...(issue.path as Path)];
  if (issue.code === 'invalid_union') {
    const issues = fittingBranch(issue.errors);
    if (issues !== undefined) return issues.flatMap((inner) => findingsOf(inner, path));
  }
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? '',
    }));
  }
  return [{ path, message: issue.message }];
}

/** The branch of a union whose shape is right and whose problem lies deeper; undefined when no shape is right. */
function fittingBranch(
  branches: readonly (readonly core.$ZodIssue[])[],
): readonly core.$ZodIssue[] | undefined {
  return branches.find((issues) => !issues.some(isWrongShape));
}

function isWrongShape({ code, path }: core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}
