/** What an audit counts. */
export const AUDITED = [
  'orders',
  'payments',
  'refunds',
  'captures',
  'reservations',
  'items',
  'shipments',
  'returns',
  'mails',
  'events',
  'providerPayments',
  'providerRefunds',
  'carrierLabels',
  'runningWorkflows',
  'closedWorkflows',
] as const;
