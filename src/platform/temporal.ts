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

/** Once a process, before anything else of Temporal: its log goes to ours, its signals are ours to handle. */
export function installTemporalRuntime(logger: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger[isExpected(message) ? 'debug' : LEVELS[level]](describe(meta), message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}

/** The worker of the notifications has activities only, and means it. */
const isExpected = (message: string): boolean => message.startsWith('No workflows registered');

/** Ids and counts only: what else the SDK tells may quote payloads. */
const SHOWN = [
  ...['workflowId', 'workflowType', 'activityType', 'activityId', 'attempt', 'taskQueue'],
  ...['step', 'round', 'orderId', 'differences'],
];

function describe(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const { error } = meta;
  const shown = Object.fromEntries(SHOWN.map((key) => [key, meta[key]]));
  return { ...shown, cause: error instanceof Error ? error.message : undefined };
}

/** The one connection of a process. Client and workers share it: that is what makes eager starts possible. */
export async function connectTemporal(config: Config['temporal']): Promise<NativeConnection> {
  const { connectionOptions } = loadClientConnectConfig();
  return NativeConnection.connect({
    ...connectionOptions,
    ...(config.address !== undefined && { address: config.address }),
  });
}

/**
 * Makes our search attributes known in the namespace; safe to repeat. Where that is not ours to do (Temporal Cloud)
 * it is said in the log, and starting a workflow will tell if one is missing.
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
      logger.warn({ cause: String(error) }, `the namespace needs the search attribute ${name} (${type})`);
    }
  }
}
