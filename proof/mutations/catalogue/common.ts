import ts from 'typescript';
import { insertAtStart, remove, replace, type Edit } from '../edits.ts';
import type { DroppedCheck, SourceChange } from '../mutation.ts';
import {
  around,
  blockOf,
  callOf,
  functionNamed,
  isFunctionWithBody,
  one,
  parameter,
  propertyNamed,
  valueOf,
} from '../syntax.ts';

/** Changes that several mutations need, so that another part of the product does not hide their defect. */

/** A condition that is never true, which no tool can know. */
export const NEVER = 'Date.now() < 0';
const ALWAYS = 'Date.now() > 0';

/** Money that comes for an order that has ended is not given back: its webhook would repair other defects. */
export const NO_LATE_PAYMENT: SourceChange = {
  declares: 'applyPaymentEvent',
  folder: 'orders/',
  edit: (file) =>
    remove(
      one(file, 'statement that requests a reconciliation', ts.isExpressionStatement, (statement) =>
        statement.getText().includes('requestReconciliation'),
      ),
    ),
};

/** The same for a payment event that arrives while the workflow of the order still runs. */
export const NO_OTHER_PAYMENTS: SourceChange = {
  declares: 'checkout',
  edit: (file) =>
    insertAtStart(
      blockOf(around(callOf(file, 'startLatePayment'), 'a function', isFunctionWithBody)),
      `if (${ALWAYS}) return;`,
    ),
};

/** A check constraint of PostgreSQL would refuse what the defect does. */
export const NO_STOCK_CHECK: DroppedCheck = { table: 'stock_levels', column: 'available' };

/** Each order is reserved by a statement of its own, as if each came from another process. */
export const UNBATCHED: SourceChange = {
  declares: 'batchedLedger',
  edit: (file) => {
    const batched = functionNamed(file, 'batchedLedger');
    return insertAtStart(blockOf(batched), `if (${ALWAYS}) return ${parameter(batched, 0)};`);
  },
};

/** The provider is not asked what became of an earlier attempt. */
export const NO_LOOKUP: SourceChange = {
  declares: 'createPaymentProvider',
  edit: (file) => {
    const block = blockOf(functionNamed(file, 'charge'));
    const attempt = one(block, 'try in charge', ts.isTryStatement, ({ parent }) => parent === block);
    const lookup = one(
      block,
      'if before the try in charge',
      ts.isIfStatement,
      (each) => each.parent === block && each.end <= attempt.pos,
    );
    return replace(lookup.expression, NEVER);
  },
};

/** The call of Stripe's client, such as `refunds.create`. */
export const stripeCall = (scope: ts.Node, method: string): ts.CallExpression =>
  one(scope, `call of ${method}`, ts.isCallExpression, ({ expression }) =>
    expression.getText().endsWith(`.${method}`),
  );

/** The idempotency key of the call is another one each time. */
export function randomKey(call: ts.CallExpression): Edit {
  const property = propertyNamed(call, 'idempotencyKey');
  return replace(property, `idempotencyKey: \`\${${valueOf(property).getText()}}/\${Math.random()}\``);
}
