import { Ajv, type ErrorObject, type Options } from 'ajv';
import formats from 'ajv-formats';
import { Problem, type FieldError } from '../contracts/errors.ts';
import { fieldPath } from './field-path.ts';

/** More would help nobody, and a hostile body could have thousands. */
const MAX_ERRORS = 50;

/** Every schema is compiled by one of these: all errors at once, nothing dropped. */
export function schemaCompiler(options: Options): Ajv {
  const ajv = new Ajv({ allErrors: true, removeAdditional: false, strict: true, ...options });
  formats.default(ajv, { mode: 'full' });
  return ajv;
}

export function invalidRequest(errors: FieldError[]): Problem {
  const fields = errors.map(({ field, message }) => `${field} ${message}`);
  const more = fields.length > 3 ? ', and more' : '';
  return new Problem('invalid_request', `${fields.slice(0, 3).join(', ')}${more}.`, { errors });
}

export function fieldErrors(errors: readonly ErrorObject[], root: string): FieldError[] {
  const byText = new Map<string, FieldError>();
  for (const error of errors) {
    if (byText.size === MAX_ERRORS) break;
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
