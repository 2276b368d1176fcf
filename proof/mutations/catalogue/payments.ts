import ts from 'typescript';
import { insertAfter, insertAtStart, replace, type Edit } from '../edits.ts';
import type { Mutation } from '../mutation.ts';
import {
  argument,
  around,
  blockOf,
  callOf,
  functionNamed,
  hasProperty,
  isFunctionWithBody,
  one,
  parameter,
  propertiesNamed,
  propertyNamed,
  valueOf,
} from '../syntax.ts';
import { NO_LATE_PAYMENT, NO_LOOKUP, NO_OTHER_PAYMENTS, randomKey, stripeCall } from './common.ts';

export const PAYMENT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a timeout is taken for a decline',
    scenario: 'the answers to a charge are lost',
    changes: [
      {
        declares: 'createPaymentProvider',
        edit: (file) => answerInsteadOfError(file, `status: 'declined', declineCode: 'timeout'`),
      },
    ],
  },
  {
    name: 'an unknown charge is taken for none, and made again',
    scenario: 'the answers to a charge are lost',
    changes: [
      {
        declares: 'createPaymentProvider',
        edit: (file) => answerInsteadOfError(file, `status: 'none'`),
      },
    ],
  },
  {
    name: 'the idempotency key of a charge is random',
    scenario: 'the answers to a charge are lost',
    changes: [
      NO_LOOKUP,
      {
        declares: 'createPaymentProvider',
        edit: (file) => randomKey(stripeCall(file, 'paymentIntents.create')),
      },
    ],
  },
  {
    name: 'the idempotency key of a charge is not passed on',
    scenario: 'the answers to a charge are lost',
    changes: [
      NO_LOOKUP,
      {
        declares: 'createPaymentProvider',
        edit: (file) => replace(argument(stripeCall(file, 'paymentIntents.create'), 1), '{}'),
      },
    ],
  },
  {
    name: 'each attempt has its own key, also after an unknown one',
    scenario: 'the answers to a charge are lost for long',
    changes: [
      NO_LOOKUP,
      NO_LATE_PAYMENT,
      NO_OTHER_PAYMENTS,
      {
        declares: 'PaymentProcess',
        edit: (file) => {
          const field = attemptField(file);
          const request = one(file, 'request of a charge', ts.isObjectLiteralExpression, (literal) =>
            hasProperty(literal, 'triedBefore'),
          );
          const isRetry = parameter(around(request, 'a method', isFunctionWithBody), 1);
          return replace(propertyNamed(request, 'attempt'), `attempt: ${isRetry} ? ${field} + 1 : ${field}`);
        },
      },
    ],
  },
  {
    name: 'a failure after the charge sends the order back to the payment',
    scenario: 'the order cannot be confirmed for a while',
    changes: [
      { declares: 'processOrder', edit: chargeAgain },
      {
        declares: 'PaymentProcess',
        edit: (file) => {
          const constructor = one(file, 'constructor of PaymentProcess', ts.isConstructorDeclaration);
          const [parts] = constructor.parameters;
          if (!parts) throw new Error('expected a parameter of the constructor of PaymentProcess');
          const start = insertAtStart(blockOf(constructor), `${attemptField(file)} = firstAttempt;`);
          return [{ ...insertAfter(parts, ', firstAttempt = 1') }, start];
        },
      },
    ],
  },
];

/** An error of the provider that does not say what became of the charge is answered as if it did. */
function answerInsteadOfError(file: ts.SourceFile, answer: string): Edit {
  const charge = functionNamed(file, 'charge');
  const failure = one(charge, 'catch in charge', ts.isCatchClause);
  const rethrow = one(failure, 'throw in the catch of charge', ts.isThrowStatement);
  return replace(rethrow, `return { orderId: ${parameter(charge, 0)}.orderId, ${answer} };`);
}

/** The private field that counts the attempts, as the payment record is given it. */
function attemptField(file: ts.SourceFile): string {
  const fields = new Set(
    propertiesNamed(file, 'attempt')
      .map((property) => valueOf(property).getText())
      .filter((text) => text.startsWith('this.#')),
  );
  const [field, ...others] = fields;
  if (field === undefined || others.length > 0)
    throw new Error(`expected one field of PaymentProcess that counts attempts, found ${fields.size}`);
  return field;
}

/** When the confirmation fails, the payment of the order is processed once more, under the next key. */
function chargeAgain(file: ts.SourceFile): Edit[] {
  const block = blockOf(functionNamed(file, 'processOrder'));
  const process = one(
    block,
    'new PaymentProcess',
    ts.isNewExpression,
    ({ expression }) => expression.getText() === 'PaymentProcess',
  );
  const settle = process.parent.parent;
  if (!ts.isCallExpression(settle) || !ts.isPropertyAccessExpression(settle.expression))
    throw new Error('expected a method call on the new PaymentProcess');
  const noFirstCharge = argument(settle, 1);
  if (!ts.isObjectLiteralExpression(noFirstCharge))
    throw new Error('expected an object as its second argument');
  const allFalse = noFirstCharge.properties.map((each) => `${each.name?.getText() ?? ''}: false`).join(', ');
  const paid = one(
    block,
    'constant with the payment in processOrder',
    ts.isVariableStatement,
    ({ parent, declarationList }) =>
      parent === block && /^const \{ payment \} =/.test(declarationList.getText()),
  );
  const confirm = callOf(block, 'confirmOrder').getText();
  return [
    replace(paid, paid.getText().replace(/^const/, 'let')),
    insertAfter(
      paid,
      `try {
  await ${confirm};
} catch {
  const again = await new PaymentProcess(${argument(process, 0).getText()}, 2).${settle.expression.name.text}(
    ${argument(settle, 0).getText()},
    { ${allFalse} },
  );
  if (again.status === 'succeeded') payment = again.payment;
}`,
    ),
  ];
}
