import { Eta } from 'eta/core';
import { partsOf } from './content.ts';
import type { MailContent } from './lib/content.ts';
import type { MailData, MailTemplate } from '../contracts/ports/mail-data.ts';
import { paletteOf } from './lib/palette.ts';
import type { MailOptions, RenderedMail } from './lib/rendered-mail.ts';
import { oneLine, webAddress, withSafeTexts } from './lib/safe-text.ts';
import { languageOf } from './locales/index.ts';
import { HTML_TEMPLATE } from './templates/html.ts';
import { TEXT_TEMPLATE } from './templates/text.ts';

const MAX_SUBJECT_LENGTH = 200;

const html = new Eta({ autoEscape: true });
const text = new Eta({ autoEscape: false });
html.loadTemplate('@mail', HTML_TEMPLATE);
text.loadTemplate('@mail', TEXT_TEMPLATE);

/**
 * Renders one kind of mail as HTML and as plain text, in the language of `options.locale`. Everything in `data` is escaped, and the
 * subject is one line without control characters, whatever titles and names have in them.
 */
export function renderMail<K extends MailTemplate>(
  kind: K,
  data: MailData[K],
  options: MailOptions,
): RenderedMail {
  const content = contentOf(kind, withSafeTexts(data), options);
  return {
    language: content.language,
    subject: content.subject,
    html: html.render('@mail', content),
    text: text.render('@mail', content),
  };
}

function contentOf<K extends MailTemplate>(
  kind: K,
  data: MailData[K],
  { locale, shop, replyTo }: MailOptions,
): MailContent {
  const language = languageOf(locale);
  const { texts, format } = language;
  const { subject, heading, paragraphs } = texts.kinds[kind](data, format);
  const { because, facts = [], button, unsubscribe, ...parts } = partsOf(kind, data, language, shop.url);
  const url = webAddress(shop.url);
  const logoUrl = webAddress(shop.logoUrl);
  return {
    language: texts.language,
    direction: texts.direction,
    subject: oneLine('orderId' in data ? `${subject} (${data.orderId})` : subject, MAX_SUBJECT_LENGTH),
    heading,
    paragraphs,
    ...parts,
    ...(button && { button }),
    facts: facts.filter((fact) => fact !== undefined),
    footer: [because ?? texts.footer.contact(replyTo === undefined ? undefined : bareAddress(replyTo))],
    ...(unsubscribe && { unsubscribe }),
    shop: {
      name: oneLine(shop.name),
      ...(url !== undefined && { url }),
      ...(logoUrl !== undefined && { logoUrl }),
    },
    palette: paletteOf(shop.color),
  };
}

/** `service@shop.example` of `Shop <service@shop.example>`. */
const bareAddress = (address: string): string => oneLine(/<([^<>]+)>\s*$/.exec(address)?.[1] ?? address);
