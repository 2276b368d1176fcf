import { AUDIT_RULES } from '../../../src/adapters/postgres/audit/rules.ts';
import { COMMAND_TYPES } from '../../../src/contracts/messages.ts';
import { ORDER_STATUSES } from '../../../src/contracts/order-status.ts';
import { canBecome } from '../../../src/domain/order-status.ts';
import { loadConfig } from '../../../src/platform/config.ts';
import { behaviourOf } from '../../../sandbox/stripe/payment-methods.ts';
import type { Checker } from './checker.ts';
import type { Document, Finding } from './text/document.ts';
import { configuration } from './facts/variables.ts';
import { handledStripeEvents } from './facts/stripe-events.ts';
import { compareList, firstColumn, tablesIn, type Listed } from './lists.ts';
import { codeIn, type Table } from './text/markdown.ts';

/** A table, or a diagram, of a document that the code has too: by what it lists. */
export interface ListCheck {
  readonly lists: string;
  readonly file: string;
  readonly find: (document: Document, checker: Checker) => Finding[];
}

export const LIST_CHECKS: readonly ListCheck[] = [
  {
    lists: 'every folder of the root and of src',
    file: 'README.md',
    find: (document, { tree: { folders } }) =>
      compareTable(
        document,
        tablesIn(document, 'find-your-way-around'),
        [...folders].filter((folder) => folder !== 'src' && /^(src\/)?[^/]+$/.test(folder)),
        'the tree',
      ),
  },
  {
    lists: 'every table of the database',
    file: 'docs/overview.md',
    find: (document, { schema }) =>
      compareTable(document, tablesIn(document, 'the-data'), schema.tables, 'db/schema.sql'),
  },
  {
    lists: 'every status of an order that can be reached',
    file: 'docs/overview.md',
    find: (document) =>
      compareTable(
        document,
        tablesIn(document, 'statuses'),
        ORDER_STATUSES.filter((status) => !UNREACHED.includes(status)),
        'src/contracts/order-status.ts',
      ),
  },
  {
    lists: 'changes of status that are permitted, in the diagram',
    file: 'docs/overview.md',
    find: ({ file, codeBlocks }) =>
      codeBlocks
        .flatMap(({ lines }) => lines)
        .flatMap(({ text, line }) => {
          const [, from, to] = /^ {2}([a-z_]+) --> ([a-z_]+)( :|$)/.exec(text) ?? [];
          const [before, after] = [from, to].map((name) => ORDER_STATUSES.find((status) => status === name));
          if (from === undefined || (before && after && canBecome(before, after))) return [];
          return [
            {
              file,
              line,
              named: text.trim(),
              fix: 'src/domain/order-status.ts does not permit this change.',
            },
          ];
        }),
  },
  {
    lists: 'every variable of the configuration, with its default',
    file: 'docs/guides/run.md',
    find: (document) => compareVariables(document),
  },
  {
    lists: 'every event of Stripe that the code handles',
    file: 'docs/guides/run.md',
    find: (document) =>
      compareTable(
        document,
        tablesIn(document, 'stripe'),
        handledStripeEvents(),
        'src/orders/stripe-event.ts',
      ),
  },
  {
    lists: 'payment methods of the sandbox',
    file: 'docs/guides/run.md',
    find: (document) => {
      const listed = firstColumn(tablesIn(document, 'payment-methods-of-the-sandbox'));
      const known = listed.map(({ name }) => name).filter((name) => behaviourOf(name) !== undefined);
      return compareList(document.file, 1, listed, known, 'sandbox/stripe/payment-methods.ts');
    },
  },
  {
    lists: 'every rule of the audit',
    file: 'docs/guides/operate.md',
    find: (document) =>
      compareTable(
        document,
        tablesIn(document, 'the-audit'),
        AUDIT_RULES.map(({ code }) => code),
        'src/adapters/postgres/audit',
      ),
  },
  {
    lists: 'every command by message',
    file: 'docs/messaging.md',
    find: (document) =>
      compareTable(
        document,
        tablesIn(document, 'commands').slice(0, 1),
        COMMAND_TYPES,
        'src/contracts/messages.ts',
      ),
  },
];

/** Statuses that the table of transitions has for a later version. */
const UNREACHED: readonly string[] = ['shipped', 'delivered', 'closed'];

function compareTable(
  { file }: Document,
  tables: readonly Table[],
  expected: Iterable<string>,
  source: string,
): Finding[] {
  return compareList(file, tables[0]?.header.line ?? 1, firstColumn(tables), expected, source);
}

function compareVariables({ file, tables }: Document): Finding[] {
  const ofVariables = tables.filter(
    ({ header: { cells } }) => cells[0] === 'variable' && cells[1] === 'default',
  );
  const listed = firstColumn(ofVariables);
  const own = listed.filter(({ name }) => configuration.has(name));
  return [
    ...compareList(
      file,
      ofVariables[0]?.header.line ?? 1,
      own,
      configuration.keys(),
      'src/platform/environment.ts',
    ),
    ...own.flatMap((each) => wrongDefault(file, each)),
  ];
}

function wrongDefault(file: string, { name, row }: Listed): Finding[] {
  const cell = row.cells[1] ?? '';
  const written = codeIn(cell)[0] ?? cell;
  // This default is not in the schema: where STRIPE_API_BASE is set, the key must be set too.
  const { stripe, easypost } = loadConfig({});
  const outsideSchema = { STRIPE_API_KEY: stripe.apiKey, EASYPOST_API_KEY: easypost.apiKey }[name] ?? '';
  const byDefault = configuration.get(name) ?? outsideSchema;
  if (written === byDefault) return [];
  return [
    {
      file,
      line: row.line,
      named: `${name}, default ${written}`,
      fix: `src/platform says ${byDefault || 'that it has none'}.`,
    },
  ];
}
