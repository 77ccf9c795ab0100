// Expected: the one sentence in which a wrong value is refused, "expected X, got Y (mend)". Knows no schema.

/** What a parser of one text returns: the value, or the sentence that refuses it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** Accepts a text as a value. */
export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** Refuses a text, in the words of `expected`. */
export function refuse(what: string, got: string, mend?: string): Parsed<never> {
  return { ok: false, message: expected(what, got, mend) };
}

/** Builds "expected X, got Y (mend)": `what` is X, `mend` says what is wrong with Y or what to write instead. */
export function expected(what: string, got: unknown, mend?: string): string {
  return `expected ${what}, got ${show(got)}${mend === undefined ? '' : ` (${mend})`}`;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'a mapping' : String(value);
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
