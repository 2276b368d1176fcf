import type { ReturnStatus, ReturnView } from '../../contracts/http/returns.ts';
import type {
  RecordedReturnLabel,
  ReturnDecision,
  ReturnDecisionResult,
  ReturnDetails,
  ReturnExchange,
  ReturnLabel,
  ReturnReceipt,
  ReturnReceiptResult,
  ReturnRequestCommand,
  ReturnRequestResult,
  ReturnWork,
} from '../../contracts/temporal/returns.ts';
import { RETURN_VIEW } from './order-row.ts';
import { callFunction, type Pool } from './pool.ts';

export interface ReturnFilter {
  clientId: string;
  status?: ReturnStatus;
  limit: number;
  /** The id of the last return of the page before. */
  after?: string;
}

/** Returns of goods. Every change is one transaction with its event, and may be repeated. */
export interface ReturnStore {
  request(command: ReturnRequestCommand): Promise<ReturnRequestResult>;
  decide(decision: ReturnDecision): Promise<ReturnDecisionResult>;
  receive(receipt: ReturnReceipt): Promise<ReturnReceiptResult>;
  /** Returns nothing for a return of another client. */
  find(clientId: string, returnId: string): Promise<ReturnView | undefined>;
  /** Newest first. */
  list(filter: ReturnFilter): Promise<ReturnView[]>;
  /** What the workflow of the return has to do next. */
  work(returnId: string): Promise<ReturnWork>;
  /** What the label and the exchange order of the return need. */
  details(returnId: string): Promise<ReturnDetails>;
  recordLabel(label: ReturnLabel): Promise<RecordedReturnLabel>;
  recordExchange(exchange: ReturnExchange): Promise<{ returnId: string; exchange: ReturnWork['exchange'] }>;
}

export function createReturnStore(pool: Pool): ReturnStore {
  /** Calls a function that takes a list, with a list of one. */
  async function callForOne<T>(name: string, item: { returnId: string }): Promise<T> {
    const results = await callFunction<T[] | null>(pool, name, [item]);
    const [result] = results ?? [];
    if (result === undefined)
      throw new Error(`SQL function ${name} has no result for return ${item.returnId}`);
    return result;
  }

  return {
    request: (command) => callForOne('request_returns', command),
    decide: (decision) => callForOne('decide_returns', decision),
    receive: (receipt) => callForOne('receive_returns', receipt),
    work: (returnId) => callForOne('return_work', { returnId }),
    details: (returnId) => callForOne('return_details', { returnId }),
    recordLabel: (label) => callForOne('record_return_labels', label),
    recordExchange: (exchange) => callForOne('record_exchanges', exchange),

    async find(clientId, returnId) {
      const { rows } = await pool.query<{ view: ReturnView }>({
        name: 'find_return',
        text: `select ${RETURN_VIEW} as view from returns r join orders o using (order_id)
                where r.return_id = $1 and o.client_id = $2`,
        values: [returnId, clientId],
      });
      return rows[0]?.view;
    },

    async list({ clientId, status, limit, after }) {
      const values: unknown[] = [clientId];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['o.client_id = $1'];
      if (status !== undefined) conditions.push(`r.status = ${bind(status)}`);
      if (after !== undefined) {
        const last = bind(after);
        conditions.push(
          `(r.created_at, r.return_id) < ((select created_at from returns where return_id = ${last}), ${last})`,
        );
      }
      const { rows } = await pool.query<{ view: ReturnView }>(
        `select ${RETURN_VIEW} as view from returns r join orders o using (order_id)
          where ${conditions.join(' and ')} order by r.created_at desc, r.return_id desc limit ${bind(limit)}`,
        values,
      );
      return rows.map(({ view }) => view);
    },
  };
}
