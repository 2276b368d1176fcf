import type { ShopClient } from '../../test/support/shop-client.ts';

/** The items of the shop in the pictures: title and price in cents. */
const ITEMS: readonly (readonly [sku: string, title: string, price: number, onHand: number])[] = [
  ['cup-espresso', 'Espresso cup', 900, 4_000],
  ['cup-latte', 'Latte bowl', 1_400, 4_000],
  ['plate-small', 'Side plate', 1_600, 3_000],
  ['plate-large', 'Dinner plate', 2_200, 3_000],
  ['bowl-soup', 'Soup bowl', 1_900, 3_000],
  ['jug-milk', 'Milk jug', 2_600, 2_500],
  ['pot-tea', 'Teapot, 1 l', 5_900, 2_000],
  ['vase-tall', 'Tall vase', 7_400, 2_000],
  ['towel-linen', 'Linen towel', 1_250, 4_000],
  ['apron-grey', 'Apron, grey', 3_800, 2_000],
  ['board-oak', 'Cutting board, oak', 4_900, 2_000],
  ['knife-paring', 'Paring knife', 2_400, 3_000],
  ['candle-wax', 'Beeswax candle', 1_100, 5_000],
  ['print-harbour', 'Print, harbour', 4_500, 2_000],
  ['lamp-table', 'Table lamp', 8_900, 1_500],
];

export const SKUS: readonly string[] = ITEMS.map(([sku]) => sku);

const WAREHOUSES = [
  {
    location: 'berlin',
    name: 'Berlin',
    address: {
      name: 'Harbour & Co',
      line1: 'Lagerstr. 2',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    },
  },
  {
    location: 'hamburg',
    name: 'Hamburg',
    address: { name: 'Harbour & Co', line1: 'Am Kai 7', city: 'Hamburg', postalCode: '20457', country: 'DE' },
  },
];

/** Creates two warehouses and the items, some of them low or sold out. Safe to call twice: what is there is counted again. */
export async function fillCatalogue(shop: ShopClient): Promise<void> {
  for (const [index, { location, name, address }] of WAREHOUSES.entries())
    await shop.putLocation(location, { name, priority: index - 2, active: true, address });
  for (const [index, [sku, title, unitPrice, onHand]] of ITEMS.entries())
    for (const { location } of WAREHOUSES)
      await shop.putStock(sku, {
        ...{ title, unitPrice, currency: 'EUR', location, weightGrams: 200 + 50 * index },
        onHand,
        lowAt: 50,
      });
  const rare = { currency: 'EUR', location: 'berlin', weightGrams: 900 };
  await shop.putStock('rug-wool', { ...rare, title: 'Wool rug', unitPrice: 24_900, onHand: 7, lowAt: 10 });
  await shop.putStock('chair-oak', { ...rare, title: 'Oak chair', unitPrice: 19_900, onHand: 3, lowAt: 5 });
  await shop.putStock('clock-wall', { ...rare, title: 'Wall clock', unitPrice: 6_900, onHand: 0, lowAt: 5 });
}
