/** What an audit counts. */
export const AUDITED = [
  'orders',
  'payments',
  'refunds',
  'captures',
  'disputes',
  'reservations',
  'items',
  'shipments',
  'returns',
  'mails',
  'events',
  'providerPayments',
  'providerRefunds',
  'providerDisputes',
  'carrierLabels',
  'runningWorkflows',
  'closedWorkflows',
] as const;

/**
 * Orders go on while they are audited, and the sources are read one after another. So each difference is checked again after each of
 * these pauses, and only a difference that is found every time counts. Together the pauses are longer than the payment provider
 * usually takes to answer and to send its webhook. Milliseconds.
 */
export const RECHECK_PAUSES_MS = [1_000, 2_000, 4_000] as const;
