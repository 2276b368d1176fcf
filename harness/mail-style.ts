import type { ShopIdentity } from '../src/contracts/shop-identity.ts';

/** How a shop without settings of its own presents itself in its mails. */
export const MAIL_STYLE: { shop: ShopIdentity; replyTo: undefined } = {
  shop: { name: 'Shop', url: undefined, logoUrl: undefined, color: '#2456a6' },
  replyTo: undefined,
};
