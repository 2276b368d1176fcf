import type { Logger } from '../../src/platform/logging.ts';

/** What a variant, or a way to ask it, stands on beside PostgreSQL and the sandbox. */
export const ENGINES = [
  'temporal-dev',
  'temporal-postgres',
  'restate',
  'rabbitmq',
  'kafka',
  'redis',
] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineOptions {
  /** Its own, for whatever it keeps. */
  readonly folder: string;
  /** Of any database of the run's PostgreSQL; its user may create others. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export interface Engine {
  /** Name and version. */
  readonly version: string;
  /** The roots of its process trees. */
  readonly pids: readonly number[];
  /** How a variant of this name finds it, and what is its own there. */
  envFor(variant: string): Promise<Readonly<Record<string, string>>>;
  /** Databases in the run's PostgreSQL that are its own. */
  readonly databases: readonly string[];
  /** Safe to call twice. */
  stop(): Promise<void>;
}

