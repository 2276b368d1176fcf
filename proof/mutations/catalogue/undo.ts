import ts from 'typescript';
import { insertAfter, remove, replace, type Edit } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import {
  all,
  around,
  argument,
  blockOf,
  callOf,
  functionNamed,
  hasProperty,
  isFunctionWithBody,
  one,
  statementWith,
  valueOf,
  isValueProperty,
} from '../syntax.ts';
import { NO_LATE_PAYMENT, NO_OTHER_PAYMENTS } from './common.ts';

/** Mutations of what happens when an order cannot go on: the saga, its undos, and the steps that are tried again. */
export const UNDO_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the undo of a charge is registered after the charge',
    scenario: 'declined',
    changes: [
      {
        declares: 'processOrder',
        edit: (file) => {
          const block = blockOf(functionNamed(file, 'processOrder'));
          const [, undoOfCharge, ...others] = all(
            block,
            ts.isExpressionStatement,
            ({ parent, expression }) =>
              parent === block && ts.isCallExpression(expression) && /^\w+\.add\(/.test(expression.getText()),
          );
          if (!undoOfCharge || others.length > 0) throw new Error('expected two undos in processOrder');
          const charge = one(
            block,
            'new PaymentProcess',
            ts.isNewExpression,
            ({ expression }) => expression.getText() === 'PaymentProcess',
          );
          const failure = block.statements[statementWith(block, charge).index + 1];
          if (!failure || !ts.isIfStatement(failure)) throw new Error('expected an if after the charge');
          return [remove(undoOfCharge), insertAfter(failure, undoOfCharge.getText())];
        },
      },
    ],
  },
  {
    name: 'the error of an undo is swallowed',
    scenario: 'cancelled while it is charged, and the refund fails',
    changes: [
      {
        declares: 'reversePayment',
        edit: (file) => {
          const refund = callOf(file, 'refundPayment');
          const asked = argument(refund, 0).getText();
          return replace(
            refund,
            `${refund.getText()}.catch(() => ${asked}.map(({ orderId, amount }) => ({ orderId, refunded: amount })))`,
          );
        },
      },
    ],
  },
  {
    name: 'an undo is tried once',
    scenario: 'cancelled while it is charged, and the refund fails',
    changes: [{ declares: 'StepRunner', edit: skipAfterFirstFailure }],
  },
  {
    name: 'an undo is cancelled together with its workflow',
    scenario: 'the workflow is cancelled in the Temporal UI',
    changes: [
      {
        declares: 'checkout',
        edit: (file) => {
          const block = blockOf(functionNamed(file, 'checkout'));
          return cancellable(
            one(block, 'return of checkout', ts.isReturnStatement, ({ parent }) => parent === block),
          );
        },
      },
      { declares: 'Saga', edit: (file) => cancellable(file) },
    ],
  },
  {
    name: 'a failed step is never shown to an operator',
    scenario: 'a refund fails',
    changes: [
      {
        calls: 'parkStep',
        folder: 'workflows',
        edit: (file) => remove(around(callOf(file, 'parkStep'), 'a statement', ts.isExpressionStatement)),
      },
    ],
  },
  {
    name: 'a release frees what it has not reserved',
    scenario: 'an undo of what never ran',
    changes: [
      {
        function: 'release_stock',
        find: /perform act_as\(null\);/,
        put: (match) => `${match}
  update stock_levels i set available = i.available + (line ->> 'quantity')::bigint, held = i.held - (line ->> 'quantity')::bigint
    from jsonb_array_elements($1) r, jsonb_array_elements(r -> 'order' -> 'request' -> 'lines') line
   where i.sku = line ->> 'sku' and r ->> 'orderId' = any(v_new);`,
      },
    ],
  },
  {
    name: 'a release leaves no tombstone',
    scenario: 'an undo of what never ran',
    changes: [
      {
        function: 'release_stock',
        find: /where not exists \(select 1 from orders\b/,
        put: () => 'where false and not exists (select 1 from orders',
      },
    ],
  },
  {
    name: 'an order fails after its payment, and nothing goes back',
    scenario: 'cancelled while it is charged',
    changes: [
      NO_LATE_PAYMENT,
      NO_OTHER_PAYMENTS,
      {
        declares: 'processOrder',
        edit: (file) => {
          const cancelledAfterCharge = one(
            functionNamed(file, 'processOrder'),
            'object that ends a paid order as cancelled by its customer',
            ts.isObjectLiteralExpression,
            (literal) =>
              hasProperty(literal, 'payment') && !hasLiteralReason(literal) && endsAsCancelled(literal),
          );
          const kept = cancelledAfterCharge.properties.filter((each) => each.name?.getText() !== 'payment');
          return replace(cancelledAfterCharge, `{ ${kept.map((each) => each.getText()).join(', ')} }`);
        },
      },
    ],
  },
  {
    name: 'a paid order is cancelled, and its goods do not go back',
    scenario: 'cancelled after it is paid',
    changes: [{ function: 'finish_cancellations', find: /perform restock\([^;]+\);/, put: () => '' }],
  },
  {
    name: 'a cancelled order is shown as completed',
    scenario: 'cancelled after it is paid',
    changes: [
      {
        function: 'finish_cancellations',
        find: /update orders (\w+) set status = 'cancelled'/,
        put: (_match, order = '') => `update orders ${order} set status = 'closed'`,
      },
    ],
  },
];

/** A step that an operator could leave out is left out as soon as it has failed once. */
function skipAfterFirstFailure(file: ts.SourceFile): Edit {
  const failure = one(file, 'catch in a loop of StepRunner', ts.isCatchClause, isInLoop);
  const isSkippable = one(
    failure,
    'constant isSkippable',
    ts.isVariableDeclaration,
    ({ name }) => name.getText() === 'isSkippable',
  );
  if (!isSkippable.initializer) throw new Error('expected a value of isSkippable');
  const skipped = one(
    one(failure, 'return in the catch', ts.isReturnStatement),
    'property of what the catch returns',
    isValueProperty,
  );
  const decision = one(
    failure,
    'assignment of what the catch returns',
    ts.isBinaryExpression,
    ({ left, operatorToken }) =>
      operatorToken.kind === ts.SyntaxKind.EqualsToken && left.getText() === valueOf(skipped).getText(),
  );
  return replace(
    decision.right,
    `(${isSkippable.initializer.getText()}) ? 'skip' : ${decision.right.getText()}`,
  );
}

function isInLoop(node: ts.Node): boolean {
  for (let each = node.parent; !isFunctionWithBody(each); each = each.parent)
    if (ts.isForStatement(each)) return true;
  return false;
}

function cancellable(scope: ts.Node): Edit {
  const scoped = one(
    scope,
    'CancellationScope.nonCancellable',
    ts.isPropertyAccessExpression,
    (each) => each.getText() === 'CancellationScope.nonCancellable',
  );
  return replace(scoped.name, 'cancellable');
}

const endsAsCancelled = (literal: ts.ObjectLiteralExpression): boolean =>
  literal.properties.some((each) => each.getText() === `status: 'cancelled'`);

const hasLiteralReason = (literal: ts.ObjectLiteralExpression): boolean =>
  literal.properties.some(
    (each) =>
      each.name?.getText() === 'reason' &&
      ts.isPropertyAssignment(each) &&
      ts.isStringLiteral(each.initializer),
  );
