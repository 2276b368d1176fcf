import ts from 'typescript';
import { replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import { argument, callOf, compares, hasString, one, receiver } from '../syntax.ts';

/** Mutations of orders that are processed as a group. */
export const GROUP_MUTATIONS: readonly Mutation[] = [
  {
    name: 'an order that its group cannot process is left behind',
    scenario: 'a rush of orders, in groups',
    changes: [
      {
        declares: 'checkoutGroup',
        edit: (file) => {
          const settled = one(file, 'if with "!== \'open\'" and else', ts.isIfStatement, (each) =>
            Boolean(compares(each.expression, '!==', `'open'`) && each.elseStatement),
          );
          const outcome = one(settled.thenStatement, 'assignment of the outcome', ts.isBinaryExpression);
          if (!settled.elseStatement) throw new Error('expected an else');
          return replace(settled.elseStatement, `${outcome.left.getText()} = 'detached';`);
        },
      },
    ],
  },
  {
    name: 'all orders of a group are charged what the first one costs',
    scenario: 'a rush of orders, in groups',
    changes: [
      {
        declares: 'checkoutGroup',
        edit: (file) => {
          const charges = argument(callOf(file, 'settleCharges'), 0);
          const first = '(charge, _, [first]) => ({ ...charge, amount: first.amount })';
          return replace(charges, `${charges.getText()}.map(${first})`);
        },
      },
    ],
  },
  {
    name: 'only the first customer of a group gets mails',
    scenario: 'a rush of orders, in groups',
    changes: [
      {
        declares: 'checkoutGroup',
        edit: (file) => {
          const members = receiver(callOf(file, 'flatMap'));
          return replace(members, `${members.getText()}.slice(0, 1)`);
        },
      },
    ],
  },
  {
    name: 'a declined payment of a group can still be paid',
    scenario: 'a rush of orders, in groups',
    changes: [
      {
        declares: 'createGroupActivities',
        edit: (file) => {
          const notDeclined = one(file, 'if with "!== \'declined\'"', ts.isIfStatement, ({ expression }) =>
            compares(expression, '!==', `'declined'`),
          );
          return replace(notDeclined.expression, 'Date.now() > 0');
        },
      },
    ],
  },
  {
    name: 'a payment of a group that is not known yet is taken for a decline',
    scenario: 'a rush of orders, in groups',
    changes: [
      {
        declares: 'createGroupActivities',
        edit: (file) => {
          const unknown = one(
            file,
            'if without an outcome, whose answer is open',
            ts.isIfStatement,
            ({ expression, thenStatement }) =>
              ts.isPrefixUnaryExpression(expression) &&
              ts.isIdentifier(expression.operand) &&
              hasString(thenStatement, 'open'),
          );
          const outcome = unknown.expression.getText().slice(1);
          const decline = unknown.thenStatement.getText().replace(`'open'`, `'payment_failed'`);
          return replace(unknown, `if (!${outcome} || ${outcome}.status === 'requires_action') ${decline}`);
        },
      },
    ],
  },
];
