// Problems: what is wrong with a configuration file, for people as lines and for programs as a list.
import { WarmlineError } from '../errors.js';

/** One thing to mend. */
export interface Problem {
  /** What stands in for it where there is none. */
  readonly file: string;
  /** From 1 on, both null where there is no text. */
  readonly line: number | null;
  readonly column: number | null;
  /** Such as `routes[0].keepalive.idle`; empty when it is about the file as a whole. */
  readonly path: string;
  /** "expected X, got Y". */
  readonly message: string;
}

/** WL_CONFIG_INVALID with all that is wrong with a configuration. */
export class ConfigInvalidError extends WarmlineError {
  /** In the order of the file, if there is one. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const inOrder = [...problems].sort(
      (a, b) => Number(a.line) - Number(b.line) || Number(a.column) - Number(b.column),
    );
    super('WL_CONFIG_INVALID', formatProblems(inOrder));
    this.problems = inOrder;
  }
}

/** More lines than this help nobody. */
const mostLines = 100;

function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostLines).map(formatProblem);
  const rest = problems.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more problems`] : [])].join('\n');
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}:${column}`;
  return [place, path, message].filter((part) => part !== '').join(': ');
}
