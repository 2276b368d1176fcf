import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EngineName } from '../engines/index.ts';

/** All that are measured, in the order in which tables and pictures show them. */
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
  /** What tables call it. */
  readonly title: string;
  readonly about: string;
  /** What it leaves to whoever uses it; it stands beside its figures. */
  readonly leavesOut: string;
  /** What it stands on beside PostgreSQL and the sandbox. */
  readonly engine?: EngineName;
  /** Its main file, and what Node needs to run it. */
  readonly file: string;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The status that a right answer has. */
  readonly outcome: string;
  /** Whether its orders are orders: paid, out of stock, and told by two mails each. The floor does nothing at all. */
  readonly sells: boolean;
  /** Whose orders they are in PostgreSQL. */
  readonly clientId: string;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const typescript = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];

const checkout = (batching: 'adaptive' | 'off') => ({
  leavesOut: 'nothing: events, statistics, audit, search attributes and logs are on',
  file: path('../../dist/src/app/main.js'),
  nodeArgs: [],
  env: { CHECKOUT_BATCHING: batching },
  outcome: 'paid',
  sells: true,
  clientId: 'development',
});

const peer = (name: string) => ({
  file: path(`${name}/main.ts`),
  nodeArgs: typescript,
  env: {},
  outcome: 'paid',
  sells: true,
  clientId: name,
});

const GROUPED =
  'the production process, all roles, by its HTTP API with `Prefer: wait`; orders that arrive together share a workflow';
const UNGROUPED = 'the same with `CHECKOUT_BATCHING=off`: a workflow an order';
const PLAIN = 'the same steps and effects as five ordinary activities, as tutorials write them';
const NO_STORY =
  'no undo of a step that fails for good, no search for a payment whose answer was lost, no cancel, refund or review, nothing parked for an operator, no audit';

export const variants: Readonly<Record<VariantName, Variant>> = {
  grouped: { title: 'this checkout', about: GROUPED, engine: 'temporal-postgres', ...checkout('adaptive') },
  ungrouped: { title: 'ungrouped', about: UNGROUPED, engine: 'temporal-postgres', ...checkout('off') },
  plain: {
    title: 'plain Temporal',
    about: PLAIN,
    leavesOut: NO_STORY,
    engine: 'temporal-postgres',
    ...peer('plain'),
  },
  dbos: {
    title: 'DBOS',
    about: 'a workflow of four steps, its state in the same PostgreSQL',
    leavesOut: `${NO_STORY}; a step that fails five times fails its workflow`,
    ...peer('dbos'),
  },
  restate: {
    title: 'Restate',
    about: 'a handler of four journalled steps, called through the ingress of a single node',
    leavesOut: `${NO_STORY}; the key of an order is forgotten after a day`,
    engine: 'restate',
    ...peer('restate'),
  },
  rabbitmq: {
    title: 'RabbitMQ queues',
    about: 'three consumers with quorum queues between them, publisher confirms and an inbox table',
    leavesOut: `${NO_STORY}; a caller whose process dies is never answered; where an order stands is in no one place`,
    engine: 'rabbitmq',
    ...peer('rabbitmq'),
  },
  bullmq: {
    title: 'BullMQ',
    about: 'a job of four steps on Redis, whose append-only file is synced at every write',
    leavesOut: `${NO_STORY}; the key of an order is forgotten with its job; a job that fails five times is left among the failed`,
    engine: 'redis',
    ...peer('bullmq'),
  },
  none: {
    title: 'no engine',
    about: 'the four steps in a function',
    leavesOut: `${NO_STORY}; what dies half done stays half done`,
    ...peer('none'),
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
    leavesOut: NO_STORY,
    engine: 'temporal-dev',
    ...peer('plain'),
  },
  floor: {
    title: 'empty workflow, dev',
    about: 'a workflow that does nothing, started eagerly: the least that a workflow an order costs',
    leavesOut: 'everything',
    engine: 'temporal-dev',
    ...peer('floor'),
    outcome: 'completed',
    sells: false,
  },
};

/** Where the sandbox process is. */
export const SANDBOX_FILE = path('../../dist/sandbox/main.js');
