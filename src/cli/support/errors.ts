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
