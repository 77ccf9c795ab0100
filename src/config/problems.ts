// Problems: what is wrong with a configuration file, for people as lines and for programs as a list.
import { WarmlineError } from '../errors.js';

/** One thing to mend; lines and columns start at 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Such as `routes[0].keepalive.idle`; empty when it is about the file as a whole. */
  readonly path: string;
  /** "expected X, got Y". */
  readonly message: string;
}

/** WL_CONFIG_INVALID with all that is wrong with a file. */
export class ConfigInvalidError extends WarmlineError {
  /** In the order of the file. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const inOrder = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
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
  return [`${file}:${line}:${column}`, path, message].filter((part) => part !== '').join(': ');
}
