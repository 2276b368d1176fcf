import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The three that are measured, in the order in which tables and pictures show them. */
export const VARIANTS = ['checkout', 'plain', 'floor'] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface Variant {
  /** What tables call it. */
  readonly title: string;
  readonly about: string;
  /** Its main file, and what Node needs to run it. */
  readonly file: string;
  readonly nodeArgs: readonly string[];
  /** The status that a right answer has. */
  readonly outcome: string;
  /** Whether its orders are orders: paid, out of stock, and told by two mails each. The floor does nothing at all. */
  readonly sells: boolean;
  /** Whose orders they are in PostgreSQL. */
  readonly clientId: string;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const typescript = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];

export const variants: Readonly<Record<VariantName, Variant>> = {
  checkout: {
    title: 'this checkout',
    about: 'the production process, all roles, by its HTTP API with `Prefer: wait`',
    file: path('../dist/workers/main.js'),
    nodeArgs: [],
    outcome: 'paid',
    sells: true,
    clientId: 'development',
  },
  plain: {
    title: 'plain Temporal',
    about: 'the same steps and effects as ordinary activities, as tutorials write them',
    file: path('plain/main.ts'),
    nodeArgs: typescript,
    outcome: 'paid',
    sells: true,
    clientId: 'plain',
  },
  floor: {
    title: 'empty workflow',
    about: 'a workflow that does nothing, started eagerly: the least that Temporal costs',
    file: path('floor/main.ts'),
    nodeArgs: typescript,
    outcome: 'completed',
    sells: false,
    clientId: 'floor',
  },
};

/** Where the sandbox process is. */
export const SANDBOX_FILE = path('../dist/sandbox/main.js');
