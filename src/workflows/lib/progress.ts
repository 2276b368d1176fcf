import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { MailKind } from '../../contracts/http/mail.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/temporal/names.ts';
import { isDecided } from '../../domain/order-status.ts';
import type { CustomerNotifier } from './notifier.ts';

const { name, type } = SEARCH_ATTRIBUTES.orderStatus;
const ORDER_STATUS = defineSearchAttributeKey(name, type);

/**
 * Tells how the story of one order goes: operators by search attributes, the customer by mail. A customer whose payment
 * is declined at once gets one mail, not two: the order is announced ("created") when it is going to live on.
 */
export class OrderProgress {
  readonly #post: CustomerNotifier;
  #status: OrderStatus = 'placed';
  #createdTold = false;
  #givenUp = false;

  constructor(post: CustomerNotifier) {
    this.#post = post;
  }

  get status(): OrderStatus {
    return this.#status;
  }

  /** The order comes to rest in this status and waits. */
  waitsIn(status: OrderStatus): void {
    this.#show(status);
    if (this.#createdTold) return;
    this.#createdTold = true;
    this.#post.tell(['created']);
  }

  paid(): void {
    this.#show('paid');
    this.#post.tell(this.#createdTold ? ['paid'] : ['created', 'paid']);
  }

  failed(status: MailKind & OrderStatus): void {
    this.#show(status);
    this.#post.tell([status]);
  }

  /** It had been carried beyond this story before. */
  alreadyEnded(status: OrderStatus): void {
    this.#show(status);
  }

  /** Another workflow tells this story. */
  givenUp(): void {
    this.#givenUp = true;
  }

  /** Nothing more happens here. */
  get decided(): boolean {
    return this.#givenUp || isDecided(this.#status);
  }

  #show(status: OrderStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    upsertSearchAttributes([{ key: ORDER_STATUS, value: status }]);
    setCurrentDetails(`Order **${status.replaceAll('_', ' ')}**`);
  }
}
