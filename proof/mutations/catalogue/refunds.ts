import ts from 'typescript';
import { replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import { functionNamed, hasString, isComparison, one, propertyNamed } from '../syntax.ts';
import { randomKey, stripeCall } from './common.ts';

export const REFUND_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a refund has no key, and is not looked for',
    scenario: 'the answers to a refund are lost',
    changes: [
      {
        declares: 'refund',
        folder: 'adapters/stripe/',
        edit: (file) => {
          const search = one(
            file,
            'choice that looks for refund_id',
            ts.isConditionalExpression,
            ({ condition }) => hasString(condition, 'refund_id'),
          );
          const refund = functionNamed(file, 'refund');
          const done = one(refund, 'if with "<= 0" in refund', ts.isIfStatement, ({ expression }) =>
            isComparison(expression, '<=', '0'),
          );
          const attempts = one(refund, 'for in refund', ts.isForStatement);
          const number = one(attempts, 'counter of the for in refund', ts.isVariableDeclaration, (each) =>
            Boolean(attempts.initializer && each.parent === attempts.initializer),
          );
          return [
            replace(search, search.whenFalse.getText()),
            replace(done.expression, `${number.name.getText()} > 1`),
            randomKey(stripeCall(file, 'refunds.create')),
          ];
        },
      },
    ],
  },
  {
    name: 'two refunds share a key',
    scenario: 'two refunds of an order',
    changes: [
      {
        declares: 'refund',
        folder: 'adapters/stripe/',
        edit: (file) => {
          const key = propertyNamed(stripeCall(file, 'refunds.create'), 'idempotencyKey');
          const name = one(
            key,
            '?? in the key of a refund',
            ts.isBinaryExpression,
            ({ operatorToken }) => operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken,
          );
          return replace(name, name.right.getText());
        },
      },
    ],
  },
  {
    name: 'a refund may be more than was captured',
    scenario: 'a refund of more than was paid',
    changes: [
      {
        function: 'plan_refund',
        find: /\bwhen (?:(?!\bwhen\b)[^;])*? then 'refund_exceeds_captured'/,
        put: () => `when false then 'refund_exceeds_captured'`,
      },
    ],
  },
  {
    name: 'two refunds at once do not see each other',
    scenario: 'two refunds at once, together more than was paid',
    changes: [{ function: 'plan_refund', find: /- pending_refunds\([^)]*\)/, put: () => '' }],
  },
];
