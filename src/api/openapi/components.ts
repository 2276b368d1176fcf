import { STATUS_CODES } from 'node:http';
import { isObject, mapOperations, mapValues, type Json } from './walk.ts';

/** The paths of an OpenAPI document, and what they refer to. */
export interface PathsWithComponents {
  paths: Json;
  components: { schemas: Json; responses: Json };
}

/**
 * Replaces each schema that has a `title` by a reference to a component of that name, so that a generator makes one type of it
 * and not one for each place. Replaces each error response that most operations share by a reference too.
 *
 * @param paths the paths of an OpenAPI document, which does not change
 * @throws {Error} if two different schemas have the same title
 */
export function withComponents(paths: unknown): PathsWithComponents {
  const schemas = new Map<string, unknown>();
  const operations = mapOperations(paths, (operation) => toReferences(operation, schemas));
  const responses = sharedResponses(operations);
  return {
    paths: mapOperations(operations, (operation) => withSharedResponses(operation, responses)),
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries([...responses.values()].map(({ name, response }) => [name, response])),
    },
  };
}

/** Converts each `schema` in a part of an operation: in its parameters, bodies, responses and their headers. */
function toReferences(part: Json, schemas: Map<string, unknown>): Json {
  return mapValues(part, (value, key) => {
    if (key === 'schema') return toSchema(value, schemas);
    if (Array.isArray(value))
      return value.map((element: unknown) => (isObject(element) ? toReferences(element, schemas) : element));
    return isObject(value) ? toReferences(value, schemas) : value;
  });
}

function toSchema(schema: unknown, schemas: Map<string, unknown>): unknown {
  if (!isObject(schema)) return schema;
  const { title, ...untitled } = schema;
  const converted = withType(mapValues(untitled, (value, keyword) => toKeyword(keyword, value, schemas)));
  if (typeof title !== 'string') return converted;
  const known = schemas.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(converted))
    throw new Error(`Two schemas of the API have the title ${title}: give one of them another title.`);
  schemas.set(title, converted);
  return { $ref: `#/components/schemas/${title}` };
}

function toKeyword(keyword: string, value: unknown, schemas: Map<string, unknown>): unknown {
  switch (keyword) {
    case 'properties':
      return mapValues(value, (property) => toSchema(property, schemas));
    case 'items':
    case 'additionalProperties':
      return toSchema(value, schemas);
    case 'anyOf':
      return Array.isArray(value) ? value.map((part) => toSchema(part, schemas)) : value;
    default:
      return value;
  }
}

/** TypeBox writes no `type` beside `enum`. Some generators need one. */
function withType(schema: Json): Json {
  const { enum: values } = schema;
  const isTexts = Array.isArray(values) && values.every((value) => typeof value === 'string');
  return isTexts ? { type: 'string', ...schema } : schema;
}

/** The shared responses by their status and content. */
type SharedResponses = Map<string, { name: string; response: unknown }>;

/** The error responses that more than half of the operations have, such as that of a missing API key. */
function sharedResponses(paths: Json): SharedResponses {
  const operations = Object.values(paths).flatMap((item) => (isObject(item) ? Object.values(item) : []));
  const counts = new Map<string, number>();
  const shared: SharedResponses = new Map();
  for (const operation of operations) {
    for (const [status, response] of Object.entries(responsesOf(operation))) {
      if (Number(status) < 400) continue;
      const key = keyOf(status, response);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > operations.length / 2) shared.set(key, { name: nameOf(status), response });
    }
  }
  return shared;
}

function withSharedResponses(operation: Json, shared: SharedResponses): Json {
  const responses = mapValues(responsesOf(operation), (response, status) => {
    const found = shared.get(keyOf(status, response));
    return found ? { $ref: `#/components/responses/${found.name}` } : response;
  });
  return { ...operation, responses };
}

function responsesOf(operation: unknown): Json {
  const responses = isObject(operation) ? operation['responses'] : undefined;
  return isObject(responses) ? responses : {};
}

const keyOf = (status: string, response: unknown): string => `${status} ${JSON.stringify(response)}`;

/** The reason phrase of a status in one word, for example `TooManyRequests`. */
const nameOf = (status: string): string => (STATUS_CODES[status] ?? status).replaceAll(/\W/g, '');
