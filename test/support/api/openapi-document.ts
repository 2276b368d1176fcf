import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Api } from '../../../src/api/lib/types.ts';

export interface Reference {
  $ref?: string;
}
export interface Schema extends Reference {
  examples?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
}
export type Content = Record<string, { schema?: Schema; example?: unknown }>;
export interface ApiResponse extends Reference {
  description?: string;
  headers?: Record<string, object>;
  content?: Content;
}
export interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  parameters?: { in: string; name: string }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, ApiResponse>;
}
export interface Document {
  openapi: string;
  info: { title: string; version: string; description: string; contact: object; license: object };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  security: object[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, ApiResponse>;
    securitySchemes: object;
  };
}

/** An operation with its place, for example `POST /v1/orders`. */
export interface PlacedOperation {
  route: string;
  operation: Operation;
}

/**
 * The description as `/openapi.json` serves it.
 *
 * @throws {Error} that says which schema is wrong, if the description cannot be made
 */
export async function openApiOf(app: Api): Promise<Document> {
  await app.ready();
  app.swagger();
  return (await app.inject('/openapi.json')).json<Document>();
}

export const operationsOf = ({ paths }: Document): PlacedOperation[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

/** The response, or what it refers to. */
export function resolved({ components }: Document, response: ApiResponse): ApiResponse {
  const name = response.$ref?.replace('#/components/responses/', '');
  return name === undefined ? response : (components.responses[name] ?? {});
}

/** The name of the component that a schema refers to. */
export const componentOf = (schema: Schema | undefined): string | undefined =>
  schema?.$ref?.replace('#/components/schemas/', '');

/** Returns a validator of the component with this name. */
export function validatorsOf(document: Document): (component: string) => ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
  ajv.addVocabulary(['components']);
  formats.default(ajv, { mode: 'full' });
  ajv.addFormat('country', true);
  ajv.addSchema(
    { $id: 'api', components: { schemas: document.components.schemas } },
    undefined,
    false,
    false,
  );
  return (component) => ajv.compile({ $ref: `api#/components/schemas/${component}` });
}
