import type { TSchema } from 'typebox';
import { fieldErrors, invalidRequest, schemaCompiler } from '../../validation/schema-check.ts';
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
    return (value: unknown) => {
      if (validate(value)) return { value };
      return { error: invalidRequest(fieldErrors(validate.errors ?? [], root)) };
    };
  });
}
