import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import { FAILED_STATUSES } from '../../src/contracts/order-status.ts';
import { ApiClient } from '../../harness/api/api-client.ts';
import type { Connection } from '../../harness/api/connection.ts';
import { waitForStatus } from '../../harness/api/wait-for-status.ts';
import { orderRequest } from '../../harness/orders.ts';

export interface Placing {
  /** Default: one of its own. */
  key?: string;
  /** Seconds to wait for the outcome. Default 0. */
  wait?: number;
}

/** The API client, with what tests of a whole system do again and again. */
export class ShopClient extends ApiClient {
  readonly #url: string;

  constructor(connection: Connection) {
    super(connection);
    this.#url = connection.url;
  }

  /** Places an order of one mug, with these changes. */
  async place(
    changes?: Partial<OrderRequest>,
    { key = randomUUID(), wait = 0 }: Placing = {},
  ): Promise<OrderView> {
    return this.placeOrder(orderRequest(changes), { key, waitSeconds: wait });
  }

  /** Creates a stock item for this test alone, and returns its SKU. */
  async createItem(onHand: number, unitPrice = 1_000): Promise<string> {
    const sku = `test-${randomUUID().slice(0, 8)}`;
    await this.putStock(sku, { title: 'Test item', unitPrice, currency: 'EUR', onHand });
    return sku;
  }

  /** Waits until the order is paid or has failed. */
  async outcome(orderId: string, timeoutMs = 60_000): Promise<OrderView> {
    return waitForStatus(this, orderId, ['paid', ...FAILED_STATUSES], { timeoutMs });
  }

  /** Waits until the order has this status. */
  async reaches(orderId: string, status: OrderView['status']): Promise<OrderView> {
    return waitForStatus(this, orderId, [status]);
  }

  /** The differences that an audit finds now. */
  async audit(): Promise<AuditView['differences']> {
    const report = await this.startAudit(undefined, 60);
    assert.ok('differences' in report, 'the audit takes longer than a minute');
    return report.differences;
  }

  async isUp(): Promise<boolean> {
    return fetch(`${this.#url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
