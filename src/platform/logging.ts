import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: LogLevel;
  /** Which part speaks: `api`, `worker`, `sandbox`, … */
  readonly component?: string;
  /** Default: standard output, coloured for people where it is a terminal, one JSON object a line elsewhere. */
  readonly destination?: DestinationStream;
}

/** Never in a log, whatever object they arrive in: credentials, and what tells who the customer is. */
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

/** pino redacts by path, so each key is named at every depth that our log objects have. */
export const redactedPaths = [
  ...secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]),
  '*["set-cookie"]',
  '*.headers["set-cookie"]',
  '*.headers["stripe-signature"]',
];

/** The logger of a process. Fastify and the Temporal runtime are handed children of it. */
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
