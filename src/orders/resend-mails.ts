import { ActivityExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { MailLog, ReopenedMails } from '../adapters/postgres/mail-log.ts';
import { Problem } from '../contracts/errors.ts';
import type { MailRequest, MailView } from '../contracts/http/mail.ts';
import type { NotificationActivities } from '../contracts/temporal/activities.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { isOrderId } from './order-id.ts';

export interface ResendMailsParts {
  mails: MailLog;
  client: Client;
  /** Another one where tests have workers of their own. */
  taskQueue?: string;
}

/** More than an order ever has: one of each kind, and some for each refund, shipment and return. */
const MAX_MAILS_OF_ORDER = 1_000;

/**
 * Sends the mails of an order again that were not sent, also those that the mail server has refused for good, to the corrected address if
 * there is one. Safe to repeat: a mail that was sent, or is being sent, is not sent twice.
 *
 * @returns the mails of the order
 * @throws {Problem} `order_not_found`, `no_unsent_mail`
 */
export async function resendMails(
  { mails, client, taskQueue = TASK_QUEUES.notifications }: ResendMailsParts,
  asked: ReopenedMails,
): Promise<MailView[]> {
  const { clientId, orderId } = asked;
  const reopened = isOrderId(orderId) ? await mails.reopen(asked) : undefined;
  if (!reopened)
    throw new Problem('order_not_found', 'No order that was placed with this API key has this id.');
  if (reopened.length === 0)
    throw new Problem('no_unsent_mail', `Order ${orderId} has no such mail that was not sent.`);
  await Promise.all(reopened.map((mail) => startToSend(client, taskQueue, { orderId, ...mail })));
  return mails.list({ clientId, orderId, limit: MAX_MAILS_OF_ORDER });
}

/** Starts an activity without a workflow, because the workflow of the order may have ended. It retries like the mail of a workflow. */
async function startToSend(client: Client, taskQueue: string, mail: Required<MailRequest>): Promise<void> {
  try {
    await client.activity.typed<NotificationActivities>().start('notify', {
      id: `order/${mail.orderId}/mail/${mail.kind}/${mail.part}`,
      taskQueue,
      args: [[mail]],
      startToCloseTimeout: '60s',
      heartbeatTimeout: '15s',
      scheduleToCloseTimeout: '24h',
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
      idReusePolicy: 'ALLOW_DUPLICATE',
      idConflictPolicy: 'FAIL',
    });
  } catch (error) {
    if (!(error instanceof ActivityExecutionAlreadyStartedError)) throw error;
  }
}
