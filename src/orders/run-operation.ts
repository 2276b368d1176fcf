import type { OrderReader, RecordedOperation } from '../adapters/postgres/order-reader.ts';
import { requireSameBody } from './request-hash.ts';
import type { Operation, OperationClient } from './temporal/operation-client.ts';

export interface RunOperationParts {
  reader: OrderReader;
  operations: OperationClient;
}

/** What a refund or a capture has come to. */
export interface KnownOperation<Result> {
  /** Absent: the workflow was not asked, or has not answered in time. */
  result?: Result;
  /** Absent: PostgreSQL does not have it. */
  recorded?: RecordedOperation;
}

/**
 * Runs a refund or a capture, once for its id. A repeat of one that PostgreSQL has as settled, or as waiting for an operator, is answered
 * from there: it does not reach the workflow, whose history would grow with every repeat.
 *
 * @param hash of the body of this request
 * @throws {Problem} `idempotency_key_reused`; `unavailable` when no worker has accepted the operation
 */
export async function runOperation<Result extends { requestHash: string }>(
  { reader, operations }: RunOperationParts,
  operation: Operation & { id: string },
  hash: string,
  waitMs: number,
): Promise<KnownOperation<Result>> {
  const { id, ...started } = operation;
  const before = await reader.operation(id);
  if (before) requireSameBody(before.requestHash, hash);
  if (before && (before.status !== 'pending' || before.isParked)) return { recorded: before };
  const outcome = await operations.run<Result>(started, waitMs);
  const result = outcome === 'in_progress' ? undefined : outcome.result;
  if (result) requireSameBody(result.requestHash, hash);
  const recorded = await reader.operation(id);
  return { ...(result && { result }), ...(recorded && { recorded }) };
}
