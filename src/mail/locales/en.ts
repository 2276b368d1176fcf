import { isOnlyAuthorized, paragraphs, type MailTexts } from './texts.ts';

const NOT_CHARGED = 'You were not charged. If your bank shows a pending amount, it disappears by itself.';
const MONEY_ARRIVES = 'Depending on your bank, it takes a few days until you see it on your account.';

export const en: MailTexts = {
  language: 'en',
  direction: 'ltr',
  greeting: (name) => (name === undefined ? 'Hello,' : `Hello ${name},`),
  labels: {
    alertAt: 'Alert at',
    available: 'Available',
    carrier: 'Carrier',
    delivered: 'Delivered on',
    deliverTo: 'Delivery address',
    item: 'Item',
    items: 'Items',
    location: 'Location',
    message: 'Our message to you',
    order: 'Order',
    ordered: 'Ordered on',
    price: 'Price',
    refund: 'Refund',
    returnNumber: 'Return',
    sent: 'Sent on',
    since: 'Since',
    sku: 'SKU',
    total: 'Total',
    trackingCode: 'Tracking number',
  },
  buttons: {
    track: 'Track your parcel',
    label: 'Open the return label',
    shop: 'Go to the shop',
    product: 'Buy it now',
    confirm: 'Yes, write to me',
  },
  footer: {
    contact: (address) =>
      address === undefined
        ? 'Do you have a question? Just reply to this mail.'
        : `Do you have a question? Just reply to this mail, or write to ${address}.`,
    alert: 'You get this mail because alerts of low stock are sent to this address.',
    subscription:
      'You get this mail because somebody asked us with this address to write when the item is back.',
    unsubscribe: 'Do not write to me about this item',
  },
  kinds: {
    created: () => ({
      subject: 'We have received your order',
      heading: 'Thank you for your order',
      paragraphs: [
        'We have received your order, and the items are reserved for you.',
        'As soon as your payment is confirmed, we write to you again.',
      ],
    }),
    paid: (order, { money }) => ({
      subject: 'Your order is confirmed',
      heading: 'Your order is confirmed',
      paragraphs: paragraphs(
        order.total === 0
          ? 'Your order is confirmed. There is nothing to pay.'
          : isOnlyAuthorized(order)
            ? `Your payment of ${money(order.total, order.currency)} is authorised. It is taken when we send your order.`
            : `We have received your payment of ${money(order.total, order.currency)}. Thank you.`,
        order.shipping && 'We are preparing your order, and write to you as soon as it is on its way.',
      ),
    }),
    payment_failed: () => ({
      subject: 'Your payment did not go through',
      heading: 'Your payment did not go through',
      paragraphs: [
        `Your payment was not accepted, so we could not complete your order. ${NOT_CHARGED}`,
        'You are welcome to order again with another card.',
      ],
    }),
    out_of_stock: () => ({
      subject: 'An item in your order is sold out',
      heading: 'Sorry, somebody was faster',
      paragraphs: [
        `An item that you ordered has just sold out, so we could not complete your order. ${NOT_CHARGED}`,
        'You are welcome to order again without it.',
      ],
    }),
    expired: () => ({
      subject: 'Your order has expired',
      heading: 'Your order has expired',
      paragraphs: [
        `Your payment was not confirmed in time, so the items are no longer reserved for you. ${NOT_CHARGED}`,
        'If you still want them, please order again.',
      ],
    }),
    rejected: () => ({
      subject: 'We could not accept your order',
      heading: 'We could not accept your order',
      paragraphs: [`We are sorry that we could not accept your order. ${NOT_CHARGED}`],
    }),
    cancelled: ({ payment: { captured, refunded }, currency }, { money }) => ({
      subject: 'Your order is cancelled',
      heading: 'Your order is cancelled',
      paragraphs: [
        refunded > 0
          ? `Your order is cancelled, and we have refunded ${money(refunded, currency)}. ${MONEY_ARRIVES}`
          : captured > 0
            ? `Your order is cancelled. The money that you have paid is on its way back to you.`
            : `Your order is cancelled. ${NOT_CHARGED}`,
      ],
    }),
    refunded: ({ refund, currency }, { money }) => ({
      subject: 'We have sent you a refund',
      heading: 'Your refund is on its way',
      paragraphs: [`We have refunded ${money(refund.amount, currency)}. ${MONEY_ARRIVES}`],
    }),
    shipped: ({ shipment: { completes, replacement } }) => ({
      subject: replacement
        ? 'Your replacement parcel is on its way'
        : completes
          ? 'Your order is on its way'
          : 'A part of your order is on its way',
      heading: 'Your parcel is on its way',
      paragraphs: paragraphs(
        replacement
          ? 'Your first parcel was lost, and we are sorry for that. We have sent you a new one.'
          : 'We have handed your parcel over to the carrier.',
        !completes && 'The other items follow in a parcel of their own.',
      ),
    }),
    out_for_delivery: () => ({
      subject: 'Your parcel should arrive today',
      heading: 'Your parcel should arrive today',
      paragraphs: ['Your parcel is out for delivery, and should reach you today.'],
    }),
    delivered: () => ({
      subject: 'Your parcel has arrived',
      heading: 'Your parcel has arrived',
      paragraphs: [
        'The carrier has delivered your parcel. We hope that you like what is in it.',
        'Is something missing or not right? Please reply to this mail, and we take care of it.',
      ],
    }),
    return_label: ({ return: { labelUrl, exchange } }) => ({
      subject: labelUrl === undefined ? 'Please send your return to us' : 'The label for your return',
      heading: labelUrl === undefined ? 'We expect your return' : 'The label for your return',
      paragraphs: [
        labelUrl === undefined
          ? 'We have accepted your return. Please send the items back to us.'
          : 'We have accepted your return. Print the label, put it on your parcel and hand the parcel over to the carrier.',
        exchange
          ? 'When your parcel has arrived and we have checked it, we take care of your exchange.'
          : 'When your parcel has arrived and we have checked it, we send you your refund.',
      ],
    }),
    return_declined: () => ({
      subject: 'We cannot accept your return',
      heading: 'We cannot accept your return',
      paragraphs: [
        'We are sorry that we cannot take these items back.',
        'Do you see it differently? Please reply to this mail.',
      ],
    }),
    return_received: ({ return: { exchange } }) => ({
      subject: 'Your return has arrived',
      heading: 'Your return has arrived',
      paragraphs: [
        'Thank you, your return has reached us.',
        exchange
          ? 'We write to you as soon as your exchange is on its way.'
          : 'We write to you as soon as your refund is sent.',
      ],
    }),
    low_stock: ({ state, title, location, available }, { number }) =>
      state === 'out'
        ? {
            subject: `Sold out: ${title} (${location})`,
            heading: `${title} is sold out`,
            paragraphs: [`No piece of ${title} can be sold any more at ${location}.`],
          }
        : {
            subject: `Low stock: ${title} (${location})`,
            heading: `${title} is running low`,
            paragraphs: [
              available === 1
                ? `One piece of ${title} can still be sold at ${location}.`
                : `${number(available)} pieces of ${title} can still be sold at ${location}.`,
            ],
          },
    back_in_stock: ({ title, unitPrice, currency }, { money }) => ({
      subject: `${title} is back in stock`,
      heading: `${title} is back in stock`,
      paragraphs: [
        `You asked us to write when ${title} can be bought again. It can, for ${money(unitPrice, currency)}.`,
        'We have not reserved it for you, so be quick if you want it.',
      ],
    }),
    back_in_stock_confirm: ({ title }) => ({
      subject: `Shall we write to you when ${title} is back?`,
      heading: 'Please confirm your address',
      paragraphs: [
        `Somebody, probably you, asked us to write to this address when ${title} is back in stock. If that is right, please confirm it.`,
        'Was it not you? Then ignore this mail, and we will not write again.',
      ],
    }),
  },
};
