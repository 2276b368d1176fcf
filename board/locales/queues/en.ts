import type { Text } from '../../lib/texts.ts';

/** The texts of the next actions of queues, and of the check of a message. */
export const queues = {
  'check.accepted': 'A replay would succeed.',
  'check.hint': 'Check changes nothing.',
  'check.line': 'Line {n}',
  'check.nothingDone': 'Nothing has been done yet.',
  'check.refused': 'A replay would be refused.',
  'check.verb': 'Check',
  'late.held': 'It waits for stock or a label. What keeps it is on the page of its order.',
  'late.noCode': 'No tracking code',
  'late.why.delivery': 'On its way for {age}',
  'late.why.handOver': 'Not handed over for {age}',
  'log.payment_checked': 'Provider asked for the payment',
  'queue.ago': '{age} ago',
  'queue.lastSettled': 'Last one settled by',
  'way.ask': 'The payment is looked up at the provider now. Nothing is charged by asking.',
  'way.ask.done': 'The provider is being asked. The order shows the answer.',
  'way.ask.verb': 'Ask the provider',
  'way.cancelOrder': 'The order ends. What turns out to be paid is refunded.',
  'way.cancelOrder.verb': 'Cancel the order',
  'way.count': 'Set what is really there. The dialog says which orders stay short.',
  'way.count.verb': 'Count or correct',
  'way.pauseItem': 'No new order takes the item until it is resumed.',
  'way.pauseItem.verb': 'Pause the sale',
  'way.report': 'The warehouse has given it to a carrier: the customer gets a mail with the tracking code.',
  'way.report.verb': 'Handed over',
} satisfies Record<string, Text>;
