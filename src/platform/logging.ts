import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogFormat, LogLevel } from './environment.ts';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: LogLevel;
  /** `json`: one object a line. `pretty`: a line for a person. Undefined: `pretty` on a terminal, and `json` elsewhere. */
  readonly format?: LogFormat | undefined;
  /** The part of the system that logs: `api`, `worker`, `sandbox`, … */
  readonly component?: string;
  /** What a line has besides, such as its place in a trace. Called for each line. */
  readonly fields?: (() => object) | undefined;
  /** Where JSON lines go. Default: standard output, in `format`. */
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
  '*.headers["x-hmac-signature"]',
];

/** Creates the logger of a process. Fastify and the Temporal runtime use it too. */
export function createLogger({ level, format, component, fields, destination }: LoggingOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: component === undefined ? null : { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // pino writes what the line has into the object that it gets here. One that is used again would carry that to all later lines.
    ...(fields && { mixin: () => ({ ...fields() }) }),
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  return pino(options, destination ?? standardOutput(format ?? defaultFormat()));
}

/** A process that inherits the standard output of its parent, as the parts of `npm start` do, decides as its parent does. */
const defaultFormat = (): LogFormat => (process.stdout.isTTY ? 'pretty' : 'json');

const standardOutput = (format: LogFormat): DestinationStream =>
  format === 'pretty' ? forPeople() : pino.destination({ fd: 1, sync: true });

/** One short line: local time, level, component, message, and what else there is to it. The stack of an error follows on its own lines. */
function forPeople(): DestinationStream {
  return pretty({
    colorize: hasColours(),
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'component',
    singleLine: true,
    messageFormat: '{if component}{component}: {end}{msg}',
  });
}

/** Only on a terminal, where Node decides by its abilities and by NO_COLOR and FORCE_COLOR. */
const hasColours = (): boolean => process.stdout.isTTY && process.stdout.hasColors();
