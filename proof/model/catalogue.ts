/** An order with a higher total waits for review. Minor units. */
export const REVIEW_ABOVE = 100_000;

export interface Item {
  /** Minor units. */
  readonly unitPrice: number;
  readonly onHand: number;
}

/** The items that every run of the model sells, under SKUs of its own: one is cheap, one scarce, one dear enough for a review. */
export const ITEMS = {
  cheap: { unitPrice: 1_000, onHand: 30 },
  scarce: { unitPrice: 2_500, onHand: 3 },
  dear: { unitPrice: 40_000, onHand: 12 },
} as const satisfies Record<string, Item>;

export type ItemName = keyof typeof ITEMS;

export const ITEM_NAMES: readonly ItemName[] = ['cheap', 'scarce', 'dear'];

/** How many pieces of each item. */
export type Basket = Readonly<Partial<Record<ItemName, number>>>;

export const totalOf = (basket: Basket): number =>
  ITEM_NAMES.reduce((sum, name) => sum + ITEMS[name].unitPrice * (basket[name] ?? 0), 0);
