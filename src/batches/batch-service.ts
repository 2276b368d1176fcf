import { requestHash, requireSameBody } from '../orders/request-hash.ts';
import { wantedOrders } from '../orders/wanted-orders.ts';
import type { BatchItemFilter, BatchStore } from '../adapters/postgres/batch-store.ts';
import type { StoredBatch } from '../adapters/postgres/batch-rows.ts';
import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import {
  confirmationOf,
  MAX_BATCH_ORDERS,
  type BatchRequester,
  type BatchState,
} from '../contracts/batches.ts';
import { Problem } from '../contracts/errors.ts';
import type { BatchItem, BatchRequest, BatchStartRequest, BatchView } from '../contracts/http/batches.ts';
import { invalidRequest } from '../validation/schema-check.ts';
import type { BatchClient } from './batch-client.ts';
import { batchIdOf, isBatchId } from './batch-id.ts';
import { toBatchView } from './batch-view.ts';

export interface BatchServiceParts {
  store: BatchStore;
  reader: Pick<OrderReader, 'ids'>;
  batches: BatchClient;
}

/** One action of an operator on many orders: planned, confirmed, carried by a workflow, and stopped. */
export interface BatchService {
  /**
   * Plans a batch: its orders are fixed, and the dry run says what would become of each. Nothing is done. The same key is the same batch.
   *
   * @throws {Problem} `invalid_request`, `batch_too_large`, `batch_not_found` (of `from`), `idempotency_key_reused`
   */
  plan(requester: BatchRequester, key: string, request: BatchRequest): Promise<BatchView>;
  /** @throws {Problem} `batch_not_found` */
  find(clientId: string, batchId: string): Promise<BatchView>;
  /** Newest first. */
  list(filter: {
    clientId: string;
    states?: readonly BatchState[];
    limit: number;
    /** The last batch of the page before. */
    after?: string;
  }): Promise<BatchView[]>;
  /** @throws {Problem} `batch_not_found` */
  items(clientId: string, filter: BatchItemFilter): Promise<BatchItem[]>;
  /** The items that were settled last, newest first. @throws {Problem} `batch_not_found` */
  latestItems(clientId: string, batchId: string, limit: number): Promise<BatchItem[]>;
  /**
   * Starts a planned batch, if the dry run made again says the same. Safe to run twice: a batch that runs is returned as it is.
   *
   * @throws {Problem} `batch_not_found`, `batch_changed` with the new `confirmation`, `batch_ended`, `batch_empty`, `invalid_request`
   */
  start(requester: BatchRequester, batchId: string, request: BatchStartRequest): Promise<BatchView>;
  /** Stops a batch after the orders in progress. Safe to run twice. @throws {Problem} `batch_not_found`, `batch_not_started` */
  stop(requester: BatchRequester, batchId: string): Promise<BatchView>;
}

export function createBatchService({ store, reader, batches }: BatchServiceParts): BatchService {
  async function stored(clientId: string, batchId: string): Promise<StoredBatch> {
    const batch = isBatchId(batchId) ? await store.find(batchId) : undefined;
    if (batch?.clientId !== clientId) throw notFound(batchId);
    return batch;
  }

  const find = async (clientId: string, batchId: string): Promise<BatchView> =>
    toBatchView(await stored(clientId, batchId));

  async function chosen(clientId: string, request: BatchRequest): Promise<string[]> {
    const { query, orderIds, from, cause } = request;
    if (orderIds) return [...new Set(orderIds)];
    const limit = MAX_BATCH_ORDERS + 1;
    if (from) {
      await stored(clientId, from.batchId);
      const items = await store.items({ batchId: from.batchId, outcome: from.outcome, limit });
      return items.map(({ orderId }) => orderId);
    }
    const { queue, ...filter } = query ?? {};
    return reader.ids({
      ...wantedOrders(clientId, filter),
      limit,
      ...(queue && { queue }),
      ...(cause && { cause }),
    });
  }

  return {
    async plan(requester, key, request) {
      requireOneSource(request);
      const { clientId } = requester;
      const batchId = batchIdOf(clientId, key);
      const hash = requestHash(request);
      const before = await store.find(batchId);
      if (!before) {
        const orderIds = await chosen(clientId, request);
        if (orderIds.length > MAX_BATCH_ORDERS) throw tooLarge();
        const { action, cause, query, from } = request;
        const source = from ?? (query ? { query } : { orderIds: orderIds.length });
        await store.plan(
          { batchId, requestedBy: requester, requestHash: hash, action, ...cause, source },
          orderIds,
        );
      }
      const batch = await stored(clientId, batchId);
      requireSameBody(batch.requestHash, hash);
      return toBatchView(batch);
    },

    find,
    list: async (filter) => (await store.list(filter)).map(toBatchView),

    async items(clientId, filter) {
      await stored(clientId, filter.batchId);
      return store.items(filter);
    },

    async latestItems(clientId, batchId, limit) {
      await stored(clientId, batchId);
      return store.latestItems(batchId, limit);
    },

    async start(requester, batchId, { confirmation, note }) {
      const { action } = await stored(requester.clientId, batchId);
      const [, typed] = /^ *[a-z]+ +(\d{1,5}) *$/.exec(confirmation) ?? [];
      const asked = typed === undefined ? -1 : Number(typed);
      const isAction = confirmation.trim().startsWith(`${action} `);
      const { outcome, wouldGo = 0 } = await store.start(batchId, {
        wouldGo: isAction ? asked : -1,
        note,
        startedBy: requester,
      });
      const expected = confirmationOf(action, wouldGo);
      switch (outcome) {
        case 'started':
          // A process that dies before this is done leaves the rest to `resumeBatches`.
          await batches.start(batchId);
          return find(requester.clientId, batchId);
        case 'changed':
          throw new Problem(
            'batch_changed',
            `The orders of batch ${batchId} have changed since its dry run: now ${wouldGo} would go. Look at it again, and confirm with "${expected}".`,
            { extra: { batchId, wouldGo, confirmation: expected } },
          );
        case 'miscounted':
          throw invalidRequest([{ field: 'confirmation', message: `must be "${expected}"` }]);
        case 'empty':
          throw new Problem('batch_empty', `No order of batch ${batchId} would go. Plan another one.`);
        case 'ended':
          throw new Problem('batch_ended', `Batch ${batchId} has run already. Plan another one.`);
        case 'unknown':
          throw notFound(batchId);
      }
    },

    async stop(requester, batchId) {
      const { clientId } = requester;
      const state = isBatchId(batchId) ? await store.stop(batchId, requester) : undefined;
      if (state === undefined) throw notFound(batchId);
      if (state === 'planned')
        throw new Problem(
          'batch_not_started',
          `Batch ${batchId} was not started, so there is nothing to stop.`,
        );
      if (state === 'stopping') await batches.stop(batchId);
      return find(clientId, batchId);
    },
  };
}

/** @throws {Problem} `invalid_request` */
function requireOneSource({ query, orderIds, from, cause, action }: BatchRequest): void {
  const given = [query, orderIds, from].filter((source) => source !== undefined);
  if (given.length !== 1)
    throw invalidRequest([{ field: 'query', message: 'give exactly one of query, orderIds and from' }]);
  if (cause && !['retry', 'skip', 'resolve'].includes(action))
    throw invalidRequest([{ field: 'cause', message: 'is for retry, skip and resolve only' }]);
}

const notFound = (batchId: string): Problem =>
  new Problem('batch_not_found', `There is no batch ${batchId} that was made with this API key.`);

const tooLarge = (): Problem =>
  new Problem(
    'batch_too_large',
    `More than ${MAX_BATCH_ORDERS} orders match. Narrow the query, and take the rest with another batch.`,
  );
