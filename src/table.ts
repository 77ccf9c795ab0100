// Table: text in aligned columns. Knows nothing of what it shows.

/** Lines of aligned columns; a cell has as many lines as it needs, and its row grows with it. */
export function table(header: readonly string[], rows: readonly (readonly string[])[][]): string[] {
  const lines = [header, ...rows.flatMap(linesOf)];
  // One by one: there may be more lines than a call can have arguments.
  const widths = header.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, line[column]?.length ?? 0), 0),
  );
  return lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function linesOf(cells: readonly (readonly string[])[]): string[][] {
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ''));
}
