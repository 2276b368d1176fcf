import type { TSchema } from 'typebox';
import { fieldErrors, invalidRequest, schemaCompiler } from '../../validation/schema-check.ts';
import type { Api } from '../types.ts';

/**
 * Validates every request by its schemas, all fields at once. A body is taken as it is: nothing is converted or
 * dropped. What travels in a URL is text, so numbers are read from it.
 */
export function addValidation(app: Api): void {
  const bodies = schemaCompiler({ coerceTypes: false });
  const urls = schemaCompiler({ coerceTypes: true, useDefaults: true });

  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    // Headers are described for the documentation; each is read where it is used.
    if (httpPart === 'headers') return () => true;
    const validate = (httpPart === 'body' ? bodies : urls).compile(schema);
    const root = httpPart === 'body' ? 'body' : 'query';
    return (value: unknown) => {
      if (validate(value)) return { value };
      return { error: invalidRequest(fieldErrors(validate.errors ?? [], root)) };
    };
  });
}
