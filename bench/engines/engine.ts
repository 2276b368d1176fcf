import type { Logger } from '../../src/platform/logging.ts';

/** The servers that variants and transports need, besides PostgreSQL and the sandbox. */
export type EngineName = 'temporal-dev' | 'temporal-postgres' | 'restate' | 'rabbitmq' | 'kafka' | 'redis';

export interface EngineOptions {
  /** For everything that the engine stores; no other engine uses it. */
  readonly folder: string;
  /** A database of the run's PostgreSQL. Its user may create further databases. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export interface Engine {
  /** Name and version. */
  readonly version: string;
  /** The roots of its process trees. */
  readonly pids: readonly number[];
  /** The environment by which a variant of this name reaches the engine, with a namespace of its own where the engine has them. */
  envFor(variant: string): Promise<Readonly<Record<string, string>>>;
  /** The databases in the run's PostgreSQL that the engine stores its state in. */
  readonly databases: readonly string[];
  /** Safe to call twice. */
  stop(): Promise<void>;
}
