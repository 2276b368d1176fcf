import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { MailKind } from '../../contracts/http/mail.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/temporal/names.ts';
import type { CarriedCheckout } from '../../contracts/temporal/workflows.ts';
import { isDecided } from '../../domain/order-status.ts';
import type { CustomerNotifier } from './notifier.ts';

const { name, type } = SEARCH_ATTRIBUTES.orderStatus;
const ORDER_STATUS = defineSearchAttributeKey(name, type);

/**
 * The status of one order, shown to operators by a search attribute and to the customer by mail. The mail "created" is
 * sent when the order waits or is paid, so that a customer whose payment is declined at once gets one mail, not two.
 */
export class OrderProgress {
  readonly #notifier: CustomerNotifier;
  #status: OrderStatus = 'placed';
  #createdSent = false;
  #ownedElsewhere = false;

  constructor(notifier: CustomerNotifier) {
    this.#notifier = notifier;
  }

  /** For the next run of a workflow that continues as new. */
  get carried(): CarriedCheckout['shown'] {
    return { status: this.#status, createdSent: this.#createdSent };
  }

  /** Goes on from what the run before has shown. The search attribute is kept by Temporal. */
  takeOver({ status, createdSent }: CarriedCheckout['shown']): void {
    this.#status = status;
    this.#createdSent = createdSent;
    setCurrentDetails(detailsOf(status));
  }

  get status(): OrderStatus {
    return this.#status;
  }

  /** Whether this workflow does nothing more that could change the order. */
  get decided(): boolean {
    return this.#ownedElsewhere || isDecided(this.#status);
  }

  /** The order waits in this status. */
  waiting(status: OrderStatus): void {
    this.#show(status);
    if (this.#createdSent) return;
    this.#createdSent = true;
    this.#notifier.send(['created']);
  }

  paid(): void {
    this.#show('paid');
    this.#notifier.send(this.#createdSent ? ['paid'] : ['created', 'paid']);
  }

  failed(status: MailKind & OrderStatus): void {
    this.#show(status);
    this.#notifier.send([status]);
  }

  /** The order was paid before this run, and is further by now. Mails that were sent already are not sent again. */
  alreadyPaid(status: OrderStatus): void {
    this.#show(status);
    this.#notifier.send(['created', 'paid']);
  }

  /** The order reached this status before this run, and its customer needs no mail from it. */
  alreadyEnded(status: OrderStatus): void {
    this.#show(status);
  }

  /** Another workflow owns the order. */
  ownedElsewhere(): void {
    this.#ownedElsewhere = true;
  }

  #show(status: OrderStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    upsertSearchAttributes([{ key: ORDER_STATUS, value: status }]);
    setCurrentDetails(detailsOf(status));
  }
}

const detailsOf = (status: OrderStatus): string => `Order status: **${status.replaceAll('_', ' ')}**`;
