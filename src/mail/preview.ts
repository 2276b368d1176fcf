import { Eta } from 'eta/core';
import { LOCALES } from '../contracts/http/order.ts';
import type { MailTemplate } from '../contracts/ports/mail-data.ts';
import type { MailOptions, RenderedMail } from './lib/rendered-mail.ts';
import { renderMail } from './render.ts';
import { SAMPLE_MAILS } from './samples.ts';
import { PREVIEW_TEMPLATE } from './templates/preview.ts';

const pages = new Eta({ autoEscape: true });
pages.loadTemplate('@preview', PREVIEW_TEMPLATE);

/** A page that shows each kind of mail in each language, in light and dark colours and as plain text. */
export function previewPage(options: Omit<MailOptions, 'locale'>): string {
  return pages.render('@preview', {
    shop: options.shop.name,
    languages: LOCALES.map((locale) => ({
      locale,
      mails: MAIL_TEMPLATES.map((kind) => {
        const mail = sampleMail(kind, { ...options, locale });
        return {
          ...mail,
          kind,
          light: withColorScheme(mail.html, 'light'),
          dark: withColorScheme(mail.html, 'dark'),
        };
      }),
    })),
  });
}

/** Every kind of mail. */
export const MAIL_TEMPLATES: readonly MailTemplate[] = Object.keys(SAMPLE_MAILS).filter(
  (kind): kind is MailTemplate => Object.hasOwn(SAMPLE_MAILS, kind),
);

/** A mail with sample data. */
export const sampleMail = <K extends MailTemplate>(kind: K, options: MailOptions): RenderedMail =>
  renderMail(kind, SAMPLE_MAILS[kind], options);

/** The mail as it looks where the reader prefers these colours, whatever the browser prefers. */
export const withColorScheme = (html: string, scheme: 'light' | 'dark'): string =>
  html
    .replace('@media (prefers-color-scheme:dark)', scheme === 'dark' ? '@media all' : '@media not all')
    .replace(':root{color-scheme:light dark', `:root{color-scheme:${scheme}`);
