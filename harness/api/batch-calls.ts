import type {
  BatchItem,
  BatchRequest,
  BatchStartRequest,
  BatchView,
} from '../../src/contracts/http/batches.ts';
import { withQuery, type Page, type PageQuery } from './queries.ts';
import type { Transport } from './transport.ts';

const batchPath = (batchId: string): string => `/v1/batches/${encodeURIComponent(batchId)}`;

/** The calls about batches. */
export class BatchCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Safe to repeat: the same key is the same batch. */
  async plan(body: BatchRequest, key: string): Promise<BatchView> {
    return this.#transport.json('/v1/batches', { method: 'POST', body, headers: { 'Idempotency-Key': key } });
  }

  async list(query: PageQuery & { state?: string | undefined }): Promise<Page<BatchView>> {
    return this.#transport.json(withQuery('/v1/batches', { ...query }));
  }

  async get(batchId: string): Promise<BatchView> {
    return this.#transport.json(batchPath(batchId));
  }

  async items(
    batchId: string,
    query: PageQuery & { outcome?: string | undefined },
  ): Promise<Page<BatchItem>> {
    return this.#transport.json(withQuery(`${batchPath(batchId)}/items`, { ...query }));
  }

  /** Safe to repeat: a batch that runs is returned as it is. */
  async start(batchId: string, body: BatchStartRequest): Promise<BatchView> {
    return this.#transport.json(`${batchPath(batchId)}/start`, { method: 'POST', body });
  }

  /** Safe to repeat. */
  async stop(batchId: string): Promise<BatchView> {
    return this.#transport.json(`${batchPath(batchId)}/stop`, { method: 'POST' });
  }
}
