import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EngineName } from '../engines/engine.ts';

/** All variants, in the order in which tables and pictures show them. */
export const VARIANTS = [
  'grouped',
  'ungrouped',
  'plain',
  'dbos',
  'restate',
  'rabbitmq',
  'bullmq',
  'none',
  'grouped-dev',
  'ungrouped-dev',
  'plain-dev',
  'floor',
] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface Variant {
  /** Its name in tables. */
  readonly title: string;
  readonly about: string;
  /** What this checkout does and the variant does not. */
  readonly omits: string;
  /** The server that it needs, besides PostgreSQL and the sandbox. */
  readonly engine?: EngineName;
  /** Whether its main file imports packages that only `bench/package.json` has. */
  readonly needsPackages: boolean;
  /** Its main file, and the arguments with which Node runs it. */
  readonly file: string;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The status in a correct response. */
  readonly outcome: string;
  /** Whether its orders reserve stock, are paid and send two mails each. The empty workflow does none of that. */
  readonly sells: boolean;
  /** The client of its orders in PostgreSQL. */
  readonly clientId: string;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const typescript = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];

const checkout = (batching: 'adaptive' | 'off') => ({
  omits: 'nothing: events, statistics, audit, search attributes and logs are enabled',
  needsPackages: false,
  file: path('../../dist/src/app/main.js'),
  nodeArgs: [],
  env: { CHECKOUT_BATCHING: batching },
  outcome: 'paid',
  sells: true,
  clientId: 'development',
});

const program = (name: string, needsPackages: boolean) => ({
  needsPackages,
  file: path(`${name}/main.ts`),
  nodeArgs: typescript,
  env: {},
  outcome: 'paid',
  sells: true,
  clientId: name,
});

/** A program on what the product itself uses. */
const ownProgram = (name: string) => program(name, false);

/** A program on an engine whose client is a package of the benchmark. */
const peer = (name: string) => program(name, true);

const GROUPED =
  'the production process with all roles, called by HTTP with `Prefer: wait`; orders that arrive together share a workflow';
const UNGROUPED = 'the same with `CHECKOUT_BATCHING=off`: one workflow for each order';
const PLAIN = 'the same steps and effects as five ordinary activities, as tutorials write them';
const NO_RECOVERY =
  'no undo of a step that fails permanently, no lookup of a payment whose response was lost, no cancellation, refund or review, no parked steps for an operator, no audit';

export const variants: Readonly<Record<VariantName, Variant>> = {
  grouped: { title: 'this checkout', about: GROUPED, engine: 'temporal-postgres', ...checkout('adaptive') },
  ungrouped: { title: 'ungrouped', about: UNGROUPED, engine: 'temporal-postgres', ...checkout('off') },
  plain: {
    title: 'plain Temporal',
    about: PLAIN,
    omits: NO_RECOVERY,
    engine: 'temporal-postgres',
    ...ownProgram('plain'),
  },
  dbos: {
    title: 'DBOS',
    about: 'a workflow of four steps, with its state in the same PostgreSQL',
    omits: `${NO_RECOVERY}; a step that fails five times fails its workflow`,
    ...peer('dbos'),
  },
  restate: {
    title: 'Restate',
    about: 'a handler of four journalled steps, called through the ingress of a single node',
    omits: `${NO_RECOVERY}; Restate forgets the key of an order after a day`,
    engine: 'restate',
    ...peer('restate'),
  },
  rabbitmq: {
    title: 'RabbitMQ queues',
    about: 'three consumers with quorum queues between them, publisher confirms and an inbox table',
    omits: `${NO_RECOVERY}; a caller whose process dies gets no response; no single place shows the state of an order`,
    engine: 'rabbitmq',
    ...peer('rabbitmq'),
  },
  bullmq: {
    title: 'BullMQ',
    about: 'a job of four steps on Redis, whose append-only file is synced at every write',
    omits: `${NO_RECOVERY}; BullMQ forgets the key of an order with its job; a job that fails five times stays in the list of failed jobs`,
    engine: 'redis',
    ...peer('bullmq'),
  },
  none: {
    title: 'no engine',
    about: 'the four steps in a function',
    omits: `${NO_RECOVERY}; an order whose process dies stays half done`,
    ...ownProgram('none'),
  },
  'grouped-dev': {
    title: 'this checkout, dev',
    about: 'on the development server',
    engine: 'temporal-dev',
    ...checkout('adaptive'),
  },
  'ungrouped-dev': {
    title: 'ungrouped, dev',
    about: 'on the development server',
    engine: 'temporal-dev',
    ...checkout('off'),
  },
  'plain-dev': {
    title: 'plain Temporal, dev',
    about: 'on the development server',
    omits: NO_RECOVERY,
    engine: 'temporal-dev',
    ...ownProgram('plain'),
  },
  floor: {
    title: 'empty workflow, dev',
    about: 'a workflow that does nothing, started eagerly: the least that one workflow for each order costs',
    omits: 'everything',
    engine: 'temporal-dev',
    ...ownProgram('floor'),
    outcome: 'completed',
    sells: false,
  },
};

/** The main file of the sandbox process. */
export const SANDBOX_FILE = path('../../dist/sandbox/main.js');
