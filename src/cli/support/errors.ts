import { ConfigurationError } from '../../platform/configuration-error.ts';
import { ClientError } from '../../../harness/api/errors.ts';

/** An error that the user can correct. The CLI prints its message in one line and exits with `exitCode`. */
export class CliError extends ClientError {
  override readonly name: string = 'CliError';
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(code, message, options);
    this.exitCode = exitCode;
  }
}

/** An error that is printed in one line. Every other one is unexpected, and is printed with its stack. */
type UserError = ClientError | ConfigurationError;

export const isUserError = (error: unknown): error is UserError =>
  error instanceof ClientError || error instanceof ConfigurationError;

/** The code of the error with `--json`. */
export const codeOf = (error: UserError): string =>
  error instanceof ClientError ? error.code : 'invalid_configuration';
