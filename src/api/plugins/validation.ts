import type { TSchema } from 'typebox';
import type { FieldError } from '../../contracts/errors.ts';
import { fieldErrors, invalidRequest, schemaCompiler } from '../../validation/schema-check.ts';
import { holdsUnstorable } from '../../validation/text-checks.ts';
import type { Api } from '../lib/types.ts';

/**
 * Validates every request by its schemas, and reports all fields at once. Values of a body are neither converted nor dropped.
 * Values in a URL are text, so that numbers and booleans are read from it.
 */
export function addValidation(app: Api): void {
  const bodies = schemaCompiler({ coerceTypes: false });
  const urls = schemaCompiler({ coerceTypes: true, useDefaults: true });

  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    // The schemas of headers are for OpenAPI only; the routes read the headers themselves.
    if (httpPart === 'headers') return () => true;
    const validate = (httpPart === 'body' ? bodies : urls).compile(schema);
    const root = httpPart === 'body' ? 'body' : 'query';
    const parameters =
      httpPart === 'querystring' ? Object.keys(membersOf(membersOf(schema)['properties'])) : [];
    return (value: unknown) => {
      if (!validate(value)) return { error: invalidRequest(fieldErrors(validate.errors ?? [], root)) };
      const unstorable = unstorableOf(parameters, value);
      return unstorable.length > 0 ? { error: invalidRequest(unstorable) } : { value };
    };
  });
}

/** The parameters with a character that PostgreSQL does not take in a query, as it takes none in the texts of a body. */
const unstorableOf = (parameters: readonly string[], value: unknown): FieldError[] =>
  parameters.flatMap((field) => {
    const text = membersOf(value)[field];
    if (typeof text !== 'string' || !holdsUnstorable(text)) return [];
    return [{ field, message: 'must not contain control characters or lone surrogates' }];
  });

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
