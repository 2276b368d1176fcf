import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

export const searchAttributes = {
  OrderId: 'KeywordList',
  OrderStatus: 'Keyword',
  NeedsAttention: 'Bool',
} as const;

/** Values of `temporal.api.enums.v1.IndexedValueType`: the client's public types contain only the numbers. */
const INDEXED_VALUE_TYPES = { KeywordList: 7, Keyword: 2, Bool: 5 } as const;

const RETENTION = '1 day';

/**
 * Creates a namespace in addition to the one that the server was started with.
 *
 * @throws if a namespace of this name exists
 */
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
 * Adds the search attributes that a namespace lacks. The server's option `--search-attribute` adds them only to a namespace that it
 * creates. Safe to run twice.
 *
 * @throws if the namespace does not exist
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
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]])),
    });
  } finally {
    await connection.close();
  }
}
