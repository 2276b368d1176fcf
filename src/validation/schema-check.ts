import { Ajv, type ErrorObject, type Options } from 'ajv';
import formats from 'ajv-formats';
import { Problem, type FieldError } from '../contracts/errors.ts';
import { isCountry } from '../contracts/countries.ts';
import { COUNTRY_FORMAT } from '../contracts/http/order.ts';
import { NOT_BLANK } from '../contracts/http/texts.ts';
import { fieldPath } from './field-path.ts';

/** The most errors in a response. A hostile body could have thousands. */
const MAX_ERRORS = 50;

/** Compiles schemas so that a validation reports all errors at once, and removes nothing. */
export function schemaCompiler(options: Options): Ajv {
  const ajv = new Ajv({ allErrors: true, removeAdditional: false, strict: true, ...options });
  formats.default(ajv, { mode: 'full' });
  ajv.addFormat(COUNTRY_FORMAT, isCountry);
  return ajv;
}

/** The problem for fields that are not valid. Its detail names the first three of them. */
export function invalidRequest(errors: FieldError[]): Problem {
  const fields = errors.map(({ field, message }) => `${field} ${message}`);
  const more = fields.length > 3 ? ', and more' : '';
  return new Problem('invalid_request', `${fields.slice(0, 3).join(', ')}${more}.`, { errors });
}

/** Converts the errors of Ajv, up to {@link MAX_ERRORS} of them. `root` names the whole, for example `body`. */
export function fieldErrors(errors: readonly ErrorObject[], root: string): FieldError[] {
  const byText = new Map<string, FieldError>();
  for (const error of errors) {
    if (byText.size === MAX_ERRORS) break;
    // The rule that failed has an error of its own.
    if (error.keyword === 'if') continue;
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
    case 'minLength':
      return params['limit'] === 1 ? BLANK : message;
    case 'pattern':
      return params['pattern'] === NOT_BLANK ? BLANK : message;
    case 'format':
      return FORMAT_MESSAGES[String(params['format'])] ?? message;
    default:
      return message;
  }
}

const BLANK = 'must not be blank';

const FORMAT_MESSAGES: Readonly<Record<string, string>> = {
  'date-time': 'must be a time such as 2026-01-31T12:00:00Z',
  [COUNTRY_FORMAT]:
    'must be an ISO 3166-1 alpha-2 code in capitals, such as DE, or GB for the United Kingdom',
  email: 'must be a mail address such as ada@example.com',
};
