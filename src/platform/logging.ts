import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: LogLevel;
  /** The part of the system that logs: `api`, `worker`, `sandbox`, … */
  readonly component?: string;
  /** Default: standard output, formatted for people on a terminal, and one JSON object a line elsewhere. */
  readonly destination?: DestinationStream;
}

/** The values of these keys are never logged: credentials, and personal data of customers. */
const secretKeys = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'apiKey',
  'webhookSecret',
  'clientSecret',
  'client_secret',
  'databaseUrl',
  'connectionString',
  'email',
  'customer',
  'shipping',
  'receipt_email',
];

/** pino redacts by path, so that each key is named at every depth that the logged objects have. */
const redactedPaths = [
  ...secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]),
  '*["set-cookie"]',
  '*.headers["set-cookie"]',
  '*.headers["stripe-signature"]',
];

/** Creates the logger of a process. Fastify and the Temporal runtime use it too. */
export function createLogger({ level, component, destination }: LoggingOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: component === undefined ? null : { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  return pino(
    options,
    destination ?? (process.stdout.isTTY ? forPeople() : pino.destination({ fd: 1, sync: true })),
  );
}

function forPeople(): DestinationStream {
  return pretty({
    colorize: true,
    sync: true,
    translateTime: 'HH:MM:ss.l',
    ignore: 'component',
    messageFormat: '{if component}{component}: {end}{msg}',
  });
}
