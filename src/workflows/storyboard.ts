import { defineSearchAttributeKey } from '@temporalio/common';
import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { MailKind } from '../contracts/mail.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/temporal.ts';
import { isDecided } from '../domain/order-status.ts';
import { isStepFailure, notify, notifyAtOnce } from './steps.ts';

const { orderStatus, needsAttention } = SEARCH_ATTRIBUTES;
const ORDER_STATUS = defineSearchAttributeKey(orderStatus.name, orderStatus.type);
const NEEDS_ATTENTION = defineSearchAttributeKey(needsAttention.name, needsAttention.type);

/**
 * Tells how the story of one order goes: operators by search attributes, the customer by mail. Mails leave beside the
 * story and never stop it. A customer whose payment is declined at once gets one mail, not two: the order is
 * announced ("created") when it is going to live on.
 */
export class Storyboard {
  readonly #orderId: string;
  readonly #mails: Promise<void>[] = [];
  #status: OrderStatus = 'placed';
  #createdTold = false;

  constructor(orderId: string) {
    this.#orderId = orderId;
  }

  get status(): OrderStatus {
    return this.#status;
  }

  /** The order comes to rest in this status and waits. */
  waitsIn(status: OrderStatus): void {
    this.#show(status);
    this.#tellCreated();
  }

  paid(): void {
    this.#show('paid');
    this.#tell(this.#createdTold ? ['paid'] : ['created', 'paid']);
  }

  failed(status: MailKind & OrderStatus): void {
    this.#show(status);
    this.#tell([status]);
  }

  /** It had been carried beyond this story before. */
  alreadyEnded(status: OrderStatus): void {
    this.#show(status);
  }

  /** A step fails for longer than it should: the order can be found by operators until it goes well. */
  readonly onAttention = (needed: boolean): void => {
    upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: needed }]);
  };

  get decided(): boolean {
    return isDecided(this.#status);
  }

  /** Every mail has left or was given up. */
  async mailsDone(): Promise<void> {
    await Promise.all(this.#mails);
  }

  #show(status: OrderStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    upsertSearchAttributes([{ key: ORDER_STATUS, value: status }]);
    setCurrentDetails(`Order **${status.replaceAll('_', ' ')}**`);
  }

  #tellCreated(): void {
    if (this.#createdTold) return;
    this.#createdTold = true;
    this.#tell(['created']);
  }

  #tell(kinds: MailKind[]): void {
    const mails = kinds.map((kind) => ({ orderId: this.#orderId, kind }));
    const summary = kinds.join(', ');
    const sending = notifyAtOnce.executeWithOptions({ summary }, [mails]).catch((error: unknown) => {
      if (!isStepFailure(error)) throw error;
      return notify.executeWithOptions({ summary }, [mails]);
    });
    this.#mails.push(sending.then(undefined, this.#mailGivenUp));
  }

  readonly #mailGivenUp = (error: unknown): void => {
    if (!isStepFailure(error)) throw error;
    log.error('a mail could not be sent', { orderId: this.#orderId });
    this.onAttention(true);
  };
}
