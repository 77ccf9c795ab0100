// Config page: the tables of docs/config.md, made from the schema. The prose around them is written by hand.
import type { JsonSchema } from './json_schema.js';
import { markdownTable } from './markdown.js';

/** Writes each table anew between its marks, `<!-- keys of PATH -->` and `<!-- end of keys -->`. */
export function fillConfigPage(page: string, schema: JsonSchema): string {
  return page.replace(
    /(<!-- keys of ([^\n]*) -->\n).*?(?=<!-- end of keys -->)/gs,
    (_, mark: string, path: string) => `${mark}\n${table(mappingAt(schema, path))}\n\n`,
  );
}

/** Finds the mapping at a path such as `routes[].keepalive`; `the file` is the root. Throws when there is none. */
function mappingAt(schema: JsonSchema, path: string): JsonSchema {
  const keys = path === 'the file' ? [] : path.replaceAll('[]', '').split('.');
  return keys.reduce((mapping, key) => mappingOf(mapping.properties?.[key], path), schema);
}

/** The mapping that a value is, may be or is a list of. */
function mappingOf(schema: JsonSchema | undefined, path: string): JsonSchema {
  const shapes = [schema, schema?.items, ...(schema?.anyOf ?? [])];
  const mapping = shapes.find((shape) => shape?.properties !== undefined);
  if (mapping === undefined) throw new Error(`the schema has no mapping at ${path}`);
  return mapping;
}

function table({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([key, value]) => [
    `\`${key}\``,
    looks(value),
    required.includes(key) ? 'required' : whenLeftOut(value),
    value.description ?? '',
  ]);
  return markdownTable(['key', 'takes', 'default', 'meaning'], rows);
}

function whenLeftOut({ builtIn, default: written }: JsonSchema): string {
  const value = builtIn ?? written ?? {};
  return typeof value === 'object' ? '' : `\`${value}\``;
}

/** What a value looks like. */
function looks(schema: JsonSchema): string {
  if (schema.takes !== undefined) return schema.takes;
  if (schema.anyOf !== undefined) return schema.anyOf.map(looks).join('; or ');
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'integer')
    return `a whole number from ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'boolean') return '`true` or `false`';
  return schema.type === 'array' ? 'a list' : 'a mapping';
}
