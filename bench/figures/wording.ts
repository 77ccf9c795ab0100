// Wording: how figures are named.

export function atConnections(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`;
}

/** What is put behind a name and a label when a figure has workers of its own. */
export function withWorkers(workers: number | undefined): { suffix: string; words: string } {
  if (workers === undefined) return { suffix: '', words: '' };
  return { suffix: `-workers-${workers}`, words: `, ${workers} workers` };
}
