import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  type LogLevel,
  type MetricsExporterConfig,
} from '@temporalio/worker';
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

/** Upper bounds of the SDK's histograms, in seconds. Its own begin at 50 ms, which is longer than most of what it measures. */
const LATENCY_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
const LATENCIES = [
  'request_latency',
  'long_request_latency',
  'workflow_endtoend_latency',
  'workflow_task_schedule_to_start_latency',
  'workflow_task_execution_latency',
  'workflow_task_replay_latency',
  'activity_schedule_to_start_latency',
  'activity_execution_latency',
  'activity_succeed_endtoend_latency',
  'local_activity_execution_latency',
  'local_activity_succeed_endtoend_latency',
];

let taskFailures = 0;

/** How many workflow tasks the workers of this process have failed, see {@link installTemporalRuntime}. */
export const failedWorkflowTasks = (): number => taskFailures;

/**
 * Installs Temporal's runtime without signal handlers, and with its log in the log of the process. Call it once in a process,
 * before anything else of Temporal.
 *
 * A workflow task that fails is an error that no code has caught. Temporal repeats the task, and the order stands still meanwhile. The SDK
 * tells of it only by a warning of its core, whose other warnings are about what it cures by itself, and are not logged.
 *
 * @param metricsAddress host and port at which the SDK exports its metrics for Prometheus. Undefined: it measures nothing
 * @throws {Error} if the port is taken
 */
export function installTemporalRuntime(logger: Logger, metricsAddress?: string): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (meta?.['sdkComponent'] === 'core' && level === 'WARN') {
        if (message !== CORE_TASK_FAILURE) return;
        taskFailures += 1;
        const { runId, failure } = meta;
        logger.error(
          { runId, cause: messageIn(String(failure)) },
          'a workflow task failed; Temporal repeats it, and its orders stand still until it succeeds',
        );
        return;
      }
      logger[isExpected(message) ? 'debug' : LEVELS[level]](describe(meta), message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metricsAddress !== undefined && { metrics: exporterAt(metricsAddress) }),
    },
  });
}

const exporterAt = (bindAddress: string): MetricsExporterConfig => ({
  attachServiceName: false,
  prometheus: {
    bindAddress,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
    histogramBucketOverrides: Object.fromEntries(LATENCIES.map((name) => [name, LATENCY_BUCKETS])),
  },
});

const CORE_TASK_FAILURE = 'Failing workflow task';

/** The message of the error in the core's description of a failure, which also has a stack. */
const messageIn = (failure: string): string => /message: "((?:[^"\\]|\\.)*)"/.exec(failure)?.[1] ?? 'unknown';

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
  return {
    ...logged,
    cause,
    // Under the names that all other lines have.
    ...('trace_id' in meta && { traceId: meta['trace_id'], spanId: meta['span_id'] }),
  };
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
