import { checkAddresses } from '../adapters/brokers/brokers.ts';
import { developmentKey, type ApiKeys } from '../api/lib/api-keys.ts';
import { ConfigurationError, loadConfig, type Config } from '../platform/config.ts';

/** The configuration of a process that runs the roles in `CHECKOUT_ROLES`. */
export interface ProcessConfig extends Config {
  readonly databaseUrl: string;
  /** Undefined in a process without the role `api`. */
  readonly apiKeys: ApiKeys | undefined;
}

/**
 * Reads the environment, and checks what its roles need beyond the form of each variable.
 *
 * @throws {ConfigurationError} naming the variable that is missing or cannot be used
 */
export function loadProcessConfig(env?: NodeJS.ProcessEnv): ProcessConfig {
  const config = loadConfig(env);
  const { databaseUrl, apiKey, roles, brokers } = config;
  if (databaseUrl === undefined)
    throw new ConfigurationError(
      'DATABASE_URL must be set for this process: postgresql://user:password@host:5432/database.',
    );
  checkAddresses(brokers);
  if (!roles.includes('api')) return { ...config, databaseUrl, apiKeys: undefined };
  if (apiKey === undefined)
    throw new ConfigurationError('CHECKOUT_API_KEY must be set when CHECKOUT_ROLES includes api.');
  return { ...config, databaseUrl, apiKeys: developmentKey(apiKey) };
}
