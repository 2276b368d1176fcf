import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from './configuration-error.ts';

/**
 * The variables of a process: those of the environment, and from the file `dotenv` those that the environment does not have. An
 * empty value counts as unset, since Docker Compose passes on unset variables so.
 *
 * @param dotenv undefined: no file is read. A file that does not exist has no variables
 * @throws {ConfigurationError} if the file cannot be read
 */
export function variablesOf(env: NodeJS.ProcessEnv, dotenv: string | undefined): Record<string, string> {
  return { ...withoutEmpty(dotenv === undefined ? {} : readDotenv(dotenv)), ...withoutEmpty(env) };
}

function readDotenv(path: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new ConfigurationError(`The file ${path} could not be read: ${String(error)}`);
  }
}

function withoutEmpty(env: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1].trim() !== '',
    ),
  );
}
