import ts from 'typescript';
import { remove, replace } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import { all, argument, around, callOf, callsOf, functionNamed, one, some } from '../syntax.ts';
import { NEVER } from './common.ts';

/** Mutations of an order's events, of its identity, and of the same request made twice. */
export const ORDER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a change is made without its event',
    scenario: 'paid by card',
    changes: [
      {
        function: 'confirm_orders',
        find: /\blast_sequence = last_sequence \+ 1, (updated_at[^;]*?from paid\b)/,
        put: (_, rest) => `${rest} where false`,
      },
    ],
  },
  {
    name: 'the events of an order have a gap',
    scenario: 'paid by card',
    changes: [{ function: 'confirm_orders', find: /\blast_sequence \+ 1\b/, put: () => 'last_sequence + 2' }],
  },
  {
    name: 'an order id has something random',
    scenario: 'the same key again',
    changes: [
      {
        declares: 'placeOrder',
        edit: (file) => {
          const idOf = one(
            file,
            'constant idOf',
            ts.isVariableDeclaration,
            ({ name }) => name.getText() === 'idOf',
          );
          const key = argument(callOf(idOf, 'orderIdOf'), 1);
          return replace(key, `\`\${${key.getText()}}\${Math.random()}\``);
        },
      },
    ],
  },
  {
    name: 'an order is known for as long as Temporal remembers it',
    scenario: 'the same key again when Temporal has forgotten the order',
    changes: [
      {
        declares: 'placeOrder',
        edit: (file) => {
          const found = some(
            file,
            'return of the order that PostgreSQL has',
            ts.isIfStatement,
            returnsItsCondition,
          );
          const sameBody = callsOf(file, 'requireSameBody').filter((call) =>
            all(file, ts.isWhileStatement).some((loop) => loop.pos <= call.pos && call.end <= loop.end),
          );
          const [inLoop, ...others] = sameBody;
          if (!inLoop || others.length > 0) throw new Error('expected one call of requireSameBody in a loop');
          return [
            ...found.map(({ expression }) => replace(expression, `${expression.getText()} && ${NEVER}`)),
            remove(around(inLoop, 'a statement', ts.isExpressionStatement)),
          ];
        },
      },
    ],
  },
  {
    name: 'another body under the same key is taken for the first',
    scenario: 'the same key again',
    changes: [
      {
        declares: 'requireSameBody',
        edit: (file) => {
          const same = one(
            functionNamed(file, 'requireSameBody'),
            'comparison in requireSameBody',
            ts.isBinaryExpression,
          );
          return replace(
            same,
            `${same.left.getText()}.length ${same.operatorToken.getText()} ${same.right.getText()}.length`,
          );
        },
      },
    ],
  },
];

/** `if (stored) return answer(stored, …)` */
function returnsItsCondition({ expression, thenStatement }: ts.IfStatement): boolean {
  const returned = ts.isReturnStatement(thenStatement) ? thenStatement.expression : undefined;
  return (
    ts.isIdentifier(expression) &&
    returned !== undefined &&
    ts.isCallExpression(returned) &&
    returned.arguments[0]?.getText() === expression.text
  );
}
