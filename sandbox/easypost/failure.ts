export interface FieldFailure {
  readonly code?: string;
  readonly field: string;
  readonly message: string;
  readonly suggestion?: null;
}

/** An error response of EasyPost's API. @see https://docs.easypost.com/docs/errors */
export class EasyPostFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldFailure[];

  constructor(status: number, code: string, message: string, errors: readonly FieldFailure[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  get body(): object {
    return { error: { code: this.code, message: this.message, errors: this.errors } };
  }
}

export const unprocessable = (
  code: string,
  message: string,
  errors: readonly FieldFailure[] = [],
): EasyPostFailure => new EasyPostFailure(422, code, message, errors);

export const requiredParameter = (field: string): EasyPostFailure =>
  unprocessable('PARAMETER.REQUIRED', 'Missing required parameter.', [{ field, message: 'cannot be blank' }]);

export const notFound = (): EasyPostFailure =>
  new EasyPostFailure(404, 'NOT_FOUND', 'The requested resource could not be found.');

export const unauthorized = (): EasyPostFailure =>
  new EasyPostFailure(401, 'UNAUTHORIZED', 'A valid API key of test mode is required: EZTK… (sandbox)');

export const serverError = (): EasyPostFailure =>
  new EasyPostFailure(500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred. (sandbox)');

export const unavailable = (): EasyPostFailure =>
  new EasyPostFailure(503, 'SERVICE_UNAVAILABLE', 'The service is unavailable. (sandbox)');

export const rateLimited = (): EasyPostFailure =>
  new EasyPostFailure(429, 'RATE_LIMITED', 'Too many requests in a short time. (sandbox)');
