import type { OrderView } from '../../src/contracts/http/order.ts';
import { createStore } from '../lib/store.ts';

/** The orders that a search by mail address has found. Only in memory: the address is in no URL. */
export const found = createStore<readonly OrderView[] | undefined>(undefined);
