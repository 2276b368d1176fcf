import { isOnlyAuthorized, paragraphs, type MailTexts } from './texts.ts';

const NOT_CHARGED =
  'Ihnen wurde nichts berechnet. Falls Ihre Bank einen vorgemerkten Betrag anzeigt, verschwindet er von selbst.';
const MONEY_ARRIVES = 'Je nach Bank dauert es einige Tage, bis Sie die Gutschrift auf Ihrem Konto sehen.';

export const de: MailTexts = {
  language: 'de',
  direction: 'ltr',
  greeting: (name) => (name === undefined ? 'Guten Tag,' : `Guten Tag ${name},`),
  labels: {
    alertAt: 'Meldung ab',
    available: 'Verfügbar',
    carrier: 'Versand mit',
    delivered: 'Zugestellt am',
    deliverTo: 'Lieferadresse',
    item: 'Artikel',
    items: 'Artikel',
    location: 'Lager',
    message: 'Unsere Nachricht an Sie',
    order: 'Bestellung',
    ordered: 'Bestellt am',
    price: 'Preis',
    refund: 'Erstattung',
    returnNumber: 'Rücksendung',
    sent: 'Versandt am',
    since: 'Seit',
    sku: 'Artikelnummer',
    total: 'Gesamt',
    trackingCode: 'Sendungsnummer',
  },
  buttons: {
    track: 'Sendung verfolgen',
    label: 'Rücksendeetikett öffnen',
    shop: 'Zum Shop',
    product: 'Jetzt kaufen',
    confirm: 'Ja, schreiben Sie mir',
  },
  footer: {
    contact: (address) =>
      address === undefined
        ? 'Haben Sie eine Frage? Antworten Sie einfach auf diese E-Mail.'
        : `Haben Sie eine Frage? Antworten Sie einfach auf diese E-Mail, oder schreiben Sie an ${address}.`,
    alert: 'Sie erhalten diese E-Mail, weil Meldungen über knappe Bestände an diese Adresse gehen.',
    subscription:
      'Sie erhalten diese E-Mail, weil unter dieser Adresse um eine Nachricht gebeten wurde, sobald es den Artikel wieder gibt.',
    unsubscribe: 'Keine Nachricht zu diesem Artikel',
  },
  kinds: {
    created: () => ({
      subject: 'Ihre Bestellung ist eingegangen',
      heading: 'Vielen Dank für Ihre Bestellung',
      paragraphs: [
        'Ihre Bestellung ist bei uns eingegangen, und die Artikel sind für Sie reserviert.',
        'Sobald Ihre Zahlung bestätigt ist, schreiben wir Ihnen wieder.',
      ],
    }),
    paid: (order, { money }) => ({
      subject: 'Ihre Bestellung ist bestätigt',
      heading: 'Ihre Bestellung ist bestätigt',
      paragraphs: paragraphs(
        order.total === 0
          ? 'Ihre Bestellung ist bestätigt. Es ist nichts zu zahlen.'
          : isOnlyAuthorized(order)
            ? `Ihre Zahlung über ${money(order.total, order.currency)} ist vorgemerkt. Abgebucht wird sie, wenn wir Ihre Bestellung versenden.`
            : `Wir haben Ihre Zahlung über ${money(order.total, order.currency)} erhalten. Vielen Dank.`,
        order.shipping && 'Wir bereiten Ihre Bestellung vor und schreiben Ihnen, sobald sie unterwegs ist.',
      ),
    }),
    payment_failed: () => ({
      subject: 'Ihre Zahlung hat nicht geklappt',
      heading: 'Ihre Zahlung hat nicht geklappt',
      paragraphs: [
        `Ihre Zahlung wurde nicht angenommen, deshalb konnten wir Ihre Bestellung nicht ausführen. ${NOT_CHARGED}`,
        'Bestellen Sie gern noch einmal mit einer anderen Karte.',
      ],
    }),
    out_of_stock: () => ({
      subject: 'Ein Artikel Ihrer Bestellung ist ausverkauft',
      heading: 'Leider war jemand schneller',
      paragraphs: [
        `Ein bestellter Artikel ist gerade ausverkauft, deshalb konnten wir Ihre Bestellung nicht ausführen. ${NOT_CHARGED}`,
        'Bestellen Sie gern noch einmal ohne diesen Artikel.',
      ],
    }),
    expired: () => ({
      subject: 'Ihre Bestellung ist abgelaufen',
      heading: 'Ihre Bestellung ist abgelaufen',
      paragraphs: [
        `Ihre Zahlung wurde nicht rechtzeitig bestätigt, deshalb sind die Artikel nicht mehr für Sie reserviert. ${NOT_CHARGED}`,
        'Wenn Sie die Artikel noch möchten, bestellen Sie bitte noch einmal.',
      ],
    }),
    rejected: () => ({
      subject: 'Wir konnten Ihre Bestellung nicht annehmen',
      heading: 'Wir konnten Ihre Bestellung nicht annehmen',
      paragraphs: [`Es tut uns leid, dass wir Ihre Bestellung nicht annehmen konnten. ${NOT_CHARGED}`],
    }),
    cancelled: ({ payment: { captured, refunded }, currency }, { money }) => ({
      subject: 'Ihre Bestellung ist storniert',
      heading: 'Ihre Bestellung ist storniert',
      paragraphs: [
        refunded > 0
          ? `Ihre Bestellung ist storniert, und wir haben Ihnen ${money(refunded, currency)} erstattet. ${MONEY_ARRIVES}`
          : captured > 0
            ? 'Ihre Bestellung ist storniert. Das Geld, das Sie gezahlt haben, ist auf dem Weg zurück zu Ihnen.'
            : `Ihre Bestellung ist storniert. ${NOT_CHARGED}`,
      ],
    }),
    refunded: ({ refund, currency }, { money }) => ({
      subject: 'Wir haben Ihnen Geld erstattet',
      heading: 'Ihre Erstattung ist unterwegs',
      paragraphs: [`Wir haben Ihnen ${money(refund.amount, currency)} erstattet. ${MONEY_ARRIVES}`],
    }),
    shipped: ({ shipment: { completes, replacement } }) => ({
      subject: replacement
        ? 'Ihr Ersatzpaket ist unterwegs'
        : completes
          ? 'Ihre Bestellung ist unterwegs'
          : 'Ein Teil Ihrer Bestellung ist unterwegs',
      heading: 'Ihr Paket ist unterwegs',
      paragraphs: paragraphs(
        replacement
          ? 'Ihr erstes Paket ist verloren gegangen. Das tut uns leid. Wir haben Ihnen ein neues geschickt.'
          : 'Wir haben Ihr Paket an den Versanddienst übergeben.',
        !completes && 'Die übrigen Artikel folgen in einem eigenen Paket.',
      ),
    }),
    out_for_delivery: () => ({
      subject: 'Ihr Paket kommt voraussichtlich heute',
      heading: 'Ihr Paket kommt voraussichtlich heute',
      paragraphs: ['Ihr Paket wird gerade zugestellt und sollte heute bei Ihnen ankommen.'],
    }),
    delivered: () => ({
      subject: 'Ihr Paket ist angekommen',
      heading: 'Ihr Paket ist angekommen',
      paragraphs: [
        'Ihr Paket wurde zugestellt. Wir hoffen, dass Ihnen der Inhalt gefällt.',
        'Fehlt etwas, oder stimmt etwas nicht? Antworten Sie bitte auf diese E-Mail, und wir kümmern uns darum.',
      ],
    }),
    return_label: ({ return: { labelUrl, exchange } }) => ({
      subject: labelUrl === undefined ? 'Bitte senden Sie uns die Artikel zurück' : 'Ihr Rücksendeetikett',
      heading: labelUrl === undefined ? 'Wir erwarten Ihre Rücksendung' : 'Ihr Rücksendeetikett',
      paragraphs: [
        labelUrl === undefined
          ? 'Wir nehmen die Artikel zurück. Bitte senden Sie sie an uns.'
          : 'Wir nehmen die Artikel zurück. Drucken Sie das Etikett aus, kleben Sie es auf das Paket, und geben Sie das Paket beim Versanddienst ab.',
        exchange
          ? 'Sobald Ihr Paket angekommen und geprüft ist, kümmern wir uns um den Umtausch.'
          : 'Sobald Ihr Paket angekommen und geprüft ist, erstatten wir Ihnen das Geld.',
      ],
    }),
    return_declined: () => ({
      subject: 'Wir können Ihre Rücksendung nicht annehmen',
      heading: 'Wir können Ihre Rücksendung nicht annehmen',
      paragraphs: [
        'Es tut uns leid, dass wir diese Artikel nicht zurücknehmen können.',
        'Sehen Sie das anders? Antworten Sie bitte auf diese E-Mail.',
      ],
    }),
    return_received: ({ return: { exchange } }) => ({
      subject: 'Ihre Rücksendung ist angekommen',
      heading: 'Ihre Rücksendung ist angekommen',
      paragraphs: [
        'Vielen Dank, Ihre Rücksendung ist bei uns angekommen.',
        exchange
          ? 'Wir schreiben Ihnen, sobald der Umtausch unterwegs ist.'
          : 'Wir schreiben Ihnen, sobald die Erstattung unterwegs ist.',
      ],
    }),
    low_stock: ({ state, title, location, available }, { number }) =>
      state === 'out'
        ? {
            subject: `Ausverkauft: ${title} (${location})`,
            heading: `${title} ist ausverkauft`,
            paragraphs: [`Von ${title} kann im Lager ${location} nichts mehr verkauft werden.`],
          }
        : {
            subject: `Bestand knapp: ${title} (${location})`,
            heading: `${title} wird knapp`,
            paragraphs: [
              available === 1
                ? `Von ${title} kann im Lager ${location} noch ein Stück verkauft werden.`
                : `Von ${title} können im Lager ${location} noch ${number(available)} Stück verkauft werden.`,
            ],
          },
    back_in_stock: ({ title, unitPrice, currency }, { money }) => ({
      subject: `${title} ist wieder da`,
      heading: `${title} ist wieder da`,
      paragraphs: [
        `Sie wollten wissen, wann es ${title} wieder gibt. Jetzt ist es so weit, für ${money(unitPrice, currency)}.`,
        'Reserviert haben wir nichts für Sie, also greifen Sie am besten bald zu.',
      ],
    }),
    back_in_stock_confirm: ({ title }) => ({
      subject: `Sollen wir Ihnen schreiben, wenn es ${title} wieder gibt?`,
      heading: 'Bitte bestätigen Sie Ihre Adresse',
      paragraphs: [
        `Jemand, wahrscheinlich Sie, möchte unter dieser Adresse erfahren, wann es ${title} wieder gibt. Wenn das stimmt, bestätigen Sie es bitte.`,
        'Waren Sie es nicht? Dann ignorieren Sie diese E-Mail, und wir schreiben nicht wieder.',
      ],
    }),
  },
};
