import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

export const searchAttributes = {
  OrderId: 'KeywordList',
  OrderStatus: 'Keyword',
  NeedsAttention: 'Bool',
} as const;

/** temporal.api.enums.v1.IndexedValueType, of which only the numbers reach the client's public types. */
const indexedValueType = { KeywordList: 7, Keyword: 2, Bool: 5 } as const;

const RETENTION = '1 day';

/** One more namespace, beside that of the server's start. @throws where there is one of this name */
export async function createNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(RETENTION),
    });
  } finally {
    await connection.close();
  }
}

/**
 * The server's own option registers search attributes only with a namespace that it makes; this does with one that was there.
 * Safe to run twice.
 */
export async function prepareNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2000 });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(searchAttributes).filter(([name]) => !(name in customAttributes));
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, indexedValueType[type]])),
    });
  } finally {
    await connection.close();
  }
}
