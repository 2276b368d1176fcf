const CHECK_PAYMENT = 'checkPayment ';

/** The step by which an operator is told of a payment that others have changed. No round of it does anything. */
export const concernStep = (paymentIntentId: string): string => `${CHECK_PAYMENT}${paymentIntentId}`;

export const isConcern = (step: string): boolean => step.startsWith(CHECK_PAYMENT);

/** The payment that such a step is about; `undefined` for every other step. */
export const paymentOfConcern = (step: string): string | undefined =>
  isConcern(step) ? step.slice(CHECK_PAYMENT.length) : undefined;
