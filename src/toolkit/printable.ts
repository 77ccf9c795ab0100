// Printable: text that others chose, such as names of processes and of files, as it may be shown to people.

/**
 * The text with a ? for each character that a terminal would obey instead of showing it, that starts a line, or that turns
 * the direction of writing.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
