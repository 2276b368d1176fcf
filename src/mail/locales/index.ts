import { LOCALES, type Locale } from '../../contracts/http/order.ts';
import { createFormat, type MailFormat } from '../lib/format.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { MailTexts } from './texts.ts';
import { zh } from './zh.ts';

export interface MailLanguage {
  texts: MailTexts;
  format: MailFormat;
}

const language = (texts: MailTexts): MailLanguage => ({ texts, format: createFormat(texts.language) });

const LANGUAGES: Readonly<Record<Locale, MailLanguage>> = {
  en: language(en),
  de: language(de),
  zh: language(zh),
};

/** The language of a locale, or English. */
export const languageOf = (locale: string | undefined): MailLanguage =>
  LANGUAGES[LOCALES.find((known) => known === locale) ?? 'en'];
