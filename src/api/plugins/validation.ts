import { Ajv, type ErrorObject, type Options } from 'ajv';
import formats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { Problem, type FieldError } from '../../contracts/errors.ts';
import { fieldPath } from '../field-path.ts';
import type { Api } from '../types.ts';

/** More would help nobody, and a hostile body could have thousands. */
const MOST_ERRORS = 50;

/**
 * Validates every request by its schemas, all fields at once. A body is taken as it is: nothing is converted or
 * dropped. What travels in a URL is text, so numbers are read from it.
 */
export function addValidation(app: Api): void {
  const bodies = compiler({ coerceTypes: false });
  const urls = compiler({ coerceTypes: true, useDefaults: true });

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

function compiler(options: Options): Ajv {
  const ajv = new Ajv({ allErrors: true, removeAdditional: false, strict: true, ...options });
  formats.default(ajv, { mode: 'full' });
  return ajv;
}

export function invalidRequest(errors: FieldError[]): Problem {
  const fields = errors.map(({ field, message }) => `${field} ${message}`);
  const more = fields.length > 3 ? ', and more' : '';
  return new Problem('invalid_request', `${fields.slice(0, 3).join(', ')}${more}.`, { errors });
}

function fieldErrors(errors: readonly ErrorObject[], root: string): FieldError[] {
  const byText = new Map<string, FieldError>();
  for (const error of errors) {
    if (byText.size === MOST_ERRORS) break;
    const field = fieldPath(pathOf(error), root);
    const message = messageOf(error);
    byText.set(`${field} ${message}`, { field, message });
  }
  return [...byText.values()];
}

function pathOf({ instancePath, params, keyword }: ErrorObject): (string | number)[] {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const name: unknown = keyword === 'required' ? params['missingProperty'] : params['additionalProperty'];
  return typeof name === 'string' ? [...path, name] : path;
}

function messageOf({ keyword, params, message = 'is not valid' }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return 'is not a known field';
    case 'enum': {
      const allowed: unknown = params['allowedValues'];
      return Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : message;
    }
    default:
      return message;
  }
}
