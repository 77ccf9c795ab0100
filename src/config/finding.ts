// Finding: something wrong with a value, and where in the configuration it stands.

/** Keys and list indexes from the root down; the root is empty. */
export type Path = readonly (string | number)[];

export interface Finding {
  readonly path: Path;
  /** "expected X, got Y". */
  readonly message: string;
}

/** Writes a path the way one would in code: `routes[0].keepalive.idle`. */
export function formatPath(path: Path): string {
  return path.map(formatStep).join('').replace(/^\./, '');
}

function formatStep(step: string | number): string {
  if (/^[0-9]+$/.test(`${step}`)) return `[${step}]`;
  return /^\w+$/.test(`${step}`) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
