import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, type LogLevel } from '@temporalio/worker';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../contracts/temporal/names.ts';
import type { Config } from './config.ts';
import type { Logger } from './logging.ts';

const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Installs Temporal's runtime without signal handlers, and with its log in the log of the process. Call it once in a process,
 * before anything else of Temporal.
 */
export function installTemporalRuntime(logger: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger[isExpected(message) ? 'debug' : LEVELS[level]](describe(meta), message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

/** The workers of notifications and webhooks have activities only, on purpose. */
const isExpected = (message: string): boolean => message.startsWith('No workflows registered');

/** Ids and counts only: other metadata of the SDK may contain payloads. */
const LOGGED_KEYS = [
  ...['workflowId', 'workflowType', 'activityType', 'activityId', 'attempt', 'taskQueue'],
  ...['step', 'round', 'orderId', 'ownedBy', 'differences'],
];

function describe(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const { error } = meta;
  const logged = Object.fromEntries(LOGGED_KEYS.map((key) => [key, meta[key]]));
  const cause = error instanceof Error ? error.message : typeof error === 'string' ? error : undefined;
  return { ...logged, cause };
}

/** Opens the one Temporal connection of a process. An eager start needs a client and a worker that share it. */
export async function connectTemporal(config: Config['temporal']): Promise<NativeConnection> {
  const { connectionOptions } = loadClientConnectConfig();
  return NativeConnection.connect({
    ...connectionOptions,
    ...(config.address !== undefined && { address: config.address }),
  });
}

/**
 * Adds the search attributes to the namespace. Safe to run twice. Where the process may not add them (Temporal Cloud), it logs
 * a warning, and starting a workflow fails if one is missing.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  logger: Logger,
): Promise<void> {
  const { IndexedValueType } = proto.temporal.api.enums.v1;
  const types = {
    KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    KEYWORD_LIST: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    BOOL: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  };
  for (const { name, type } of Object.values(SEARCH_ATTRIBUTES)) {
    try {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: { [name]: types[type] },
      });
    } catch (error) {
      if (/already exist/i.test(String(error))) continue;
      logger.warn(
        { cause: String(error) },
        `the process could not add the search attribute ${name} (${type}): add it to the namespace if it is missing`,
      );
    }
  }
}
