import type { Setting } from '../contracts/http/settings.ts';
import { acceptedValuesOf, environmentSchema, isSecret, type Variable } from './environment.ts';
import { variablesOf } from './variables.ts';

/**
 * Every variable with its value, and where that comes from. The values of secrets are left out. `npm start` gives its process a complete
 * environment, so that a value there which the file has too comes from the file, and one that is the default is the default.
 *
 * @param dotenv as of `loadConfig`
 * @throws {ConfigurationError} if the file cannot be read
 */
export function settingsOf(
  env: NodeJS.ProcessEnv = process.env,
  dotenv = env === process.env ? '.env' : undefined,
): Setting[] {
  const given = variablesOf(env, undefined);
  const inFile = variablesOf({}, dotenv);
  return (Object.keys(environmentSchema.properties) as Variable[]).map((name) => {
    const secret = isSecret(name);
    const preset: unknown = Reflect.get(environmentSchema.properties[name], 'default');
    const byDefault = typeof preset === 'string' || typeof preset === 'number' ? String(preset) : undefined;
    const value = given[name] ?? inFile[name] ?? byDefault;
    return {
      name,
      isSet: value !== undefined,
      isSecret: secret,
      source:
        value === inFile[name] && value !== undefined
          ? 'file'
          : value === byDefault
            ? 'default'
            : 'environment',
      accepts: acceptedValuesOf(name),
      ...(!secret && value !== undefined && { value: withoutPassword(value) }),
      ...(byDefault !== undefined && { default: byDefault }),
    };
  });
}

/** A URL may have a password also where none is expected. */
const withoutPassword = (value: string): string => value.replaceAll(/(:\/\/)[^\s/@,]+@/g, '$1•••@');
