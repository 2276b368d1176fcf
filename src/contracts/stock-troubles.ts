/** The worst that is true of an item that is not well: more is promised than is there, nothing can be sold, or little is left. */
export const STOCK_TROUBLES = ['oversold', 'out', 'low'] as const;
export type StockTrouble = (typeof STOCK_TROUBLES)[number];
