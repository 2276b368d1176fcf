import ts from 'typescript';
import { insertBefore, replace, type Edit } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import {
  argument,
  around,
  blockOf,
  callOf,
  functionNamed,
  isFunctionWithBody,
  one,
  propertyNamed,
  some,
  statementWith,
  valueOf,
} from '../syntax.ts';
import { NO_LATE_PAYMENT } from './common.ts';

/** Mutations of webhooks, mails, updates and the audit. */
export const EDGE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the signature of a webhook is not checked',
    scenario: 'a webhook that the provider has not signed',
    changes: [
      {
        declares: 'verifiedStripeEvent',
        edit: (file) => {
          const verified = callOf(file, 'constructEvent');
          return replace(verified, `JSON.parse(String(${argument(verified, 0).getText()}))`);
        },
      },
    ],
  },
  {
    name: 'a webhook is answered 200 although it was not processed',
    scenario: 'a webhook of an order that is not known',
    changes: [
      {
        declares: 'stripeWebhookRoutes',
        edit: (file) => {
          const answer = one(file, 'answer with received', ts.isReturnStatement, (statement) =>
            statement.getText().includes('received:'),
          );
          const handler = around(answer, 'the handler', isFunctionWithBody);
          return some(handler, 'await in the handler of webhooks', ts.isAwaitExpression).map((awaited) =>
            replace(awaited, `await Promise.resolve(${awaited.expression.getText()}).catch(() => undefined)`),
          );
        },
      },
    ],
  },
  {
    name: 'a payment that comes late is lost',
    scenario: 'the money comes after the cancel',
    changes: [NO_LATE_PAYMENT],
  },
  {
    name: 'a mail is not claimed before it is sent',
    scenario: 'the workflow of a paid order is run again',
    changes: [{ function: 'claim_mails', find: /\bmails\.status <> 'sent'/, put: () => 'true' }],
  },
  {
    name: 'the mail about the payment is never sent',
    scenario: 'paid by card',
    changes: [
      {
        declares: 'OrderProgress',
        edit: (file) =>
          some(file, 'list of mails with paid', ts.isArrayLiteralExpression, (list) =>
            names(list).includes('paid'),
          ).map((list) => replace(list, JSON.stringify(names(list).filter((name) => name !== 'paid')))),
      },
    ],
  },
  {
    name: 'an order waits for its mail',
    scenario: 'the mail server is away',
    changes: [
      {
        declares: 'processOrder',
        edit: (file) => {
          const block = blockOf(functionNamed(file, 'processOrder'));
          const confirm = callOf(block, 'confirmOrder');
          const { statement } = statementWith(block, confirm);
          const steps = one(file, 'import of confirmOrder', ts.isImportDeclaration, (each) =>
            /\bconfirmOrder\b/.test(each.importClause?.getText() ?? ''),
          );
          return [
            insertBefore(steps, `import { notify } from ${steps.moduleSpecifier.getText()};`),
            insertBefore(statement, `await notify([{ orderId: run.orderId, kind: 'paid' }]);`),
          ];
        },
      },
    ],
  },
  {
    name: 'the validator of an update is asynchronous',
    scenario: 'a cancel in the workflow of a paid order',
    changes: [
      {
        declares: 'checkout',
        edit: (file) => {
          const handler = one(
            file,
            'handler of cancelUpdate',
            ts.isCallExpression,
            (call) => call.arguments[0]?.getText() === 'cancelUpdate',
          );
          const validator = valueOf(propertyNamed(handler, 'validator'));
          return replace(validator, `async ${validator.getText()}`);
        },
      },
    ],
  },
  {
    name: 'the audit does not compare with the provider',
    scenario: 'a payment with a wrong amount in the database',
    changes: [
      {
        declares: 'AUDIT_RULES',
        edit: (file) => ['PROVIDER_RULES', 'MONEY_RULES'].map((rules) => withoutRules(file, rules)),
      },
    ],
  },
  {
    name: 'the audit does not compare the stock',
    scenario: 'a reservation with a wrong state in the database',
    changes: [{ declares: 'AUDIT_RULES', edit: (file) => withoutRules(file, 'STOCK_RULES') }],
  },
];

const names = (list: ts.ArrayLiteralExpression): string[] =>
  list.elements.filter(ts.isStringLiteral).map(({ text }) => text);

/** The audit runs without these rules. */
const withoutRules = (file: ts.SourceFile, rules: string): Edit =>
  replace(
    one(file, `...${rules}`, ts.isSpreadElement, ({ expression }) => expression.getText() === rules),
    '...[]',
  );
