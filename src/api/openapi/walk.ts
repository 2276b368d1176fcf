export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy of an object with its values converted. What is no object counts as an empty one. */
export const mapValues = (object: unknown, convert: (value: unknown, key: string) => unknown): Json =>
  Object.fromEntries(
    Object.entries(isObject(object) ? object : {}).map(([key, value]) => [key, convert(value, key)]),
  );

/** A copy of the paths of an OpenAPI document with their operations converted. */
export const mapOperations = (paths: unknown, convert: (operation: Json) => Json): Json =>
  mapValues(paths, (item) =>
    mapValues(item, (operation) => (isObject(operation) ? convert(operation) : operation)),
  );
