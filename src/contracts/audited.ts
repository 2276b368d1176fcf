/** What an audit counts. */
export const AUDITED = [
  'orders',
  'payments',
  'refunds',
  'captures',
  'reservations',
  'items',
  'mails',
  'events',
  'providerPayments',
  'providerRefunds',
  'runningWorkflows',
  'closedWorkflows',
] as const;
