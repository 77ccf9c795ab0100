// JSON Schema: as much of it as config/schema.json uses, to ask what an editor would say.
import type { JsonSchema } from '../../tools/json_schema.js';

/** Every key that a schema knows, sorted: `defaults.keepalive.idle`, `routes[].name`. */
export function keysOfSchema(schema: JsonSchema): string[] {
  return sorted(schemaKeys(schema, ''));
}

/** Every key that a value has, in the same form. */
export function keysOfValue(value: unknown): string[] {
  return sorted(valueKeys(value, ''));
}

function schemaKeys({ properties = {}, items, anyOf = [] }: JsonSchema, path: string): string[] {
  return [
    ...Object.entries(properties).flatMap(([key, inner]) => [
      below(path, key),
      ...schemaKeys(inner, below(path, key)),
    ]),
    ...(items === undefined ? [] : schemaKeys(items, `${path}[]`)),
    ...anyOf.flatMap((branch) => schemaKeys(branch, path)),
  ];
}

function valueKeys(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => valueKeys(item, `${path}[]`));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    below(path, key),
    ...valueKeys(inner, below(path, key)),
  ]);
}

/** Whether a value fits a schema. */
export function takes(schema: JsonSchema, value: unknown): boolean {
  return (
    hasType(schema.type, value) &&
    (schema.anyOf?.some((branch) => takes(branch, value)) ?? true) &&
    (schema.const === undefined || value === schema.const) &&
    (schema.enum?.some((word) => value === word) ?? true) &&
    (typeof value !== 'number' || isWithin(schema, value)) &&
    (typeof value !== 'string' || new RegExp(schema.pattern ?? '').test(value)) &&
    (!Array.isArray(value) || value.every((item) => takes(schema.items ?? {}, item))) &&
    (!isMapping(value) || schema.type !== 'object' || takesKeys(schema, value))
  );
}

function hasType(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMapping(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isWithin({ minimum = -Infinity, maximum = Infinity }: JsonSchema, value: number): boolean {
  return value >= minimum && value <= maximum;
}

function takesKeys(
  { properties = {}, required = [] }: JsonSchema,
  value: Record<string, unknown>,
): boolean {
  const known = Object.entries(value).every(([key, inner]) => {
    const property = properties[key];
    return property !== undefined && takes(property, inner);
  });
  return known && required.every((key) => key in value);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
