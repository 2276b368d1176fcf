import { createFormats, type Formats } from '../lib/formats.ts';
import type { Locale } from '../lib/locale.ts';
import { createTexts, type TextParameters } from '../lib/texts.ts';
import { de } from '../locales/de.ts';
import { en, type TextKey } from '../locales/en.ts';
import { zh } from '../locales/zh.ts';
import { settings } from './settings.ts';
import { useStore } from '../lib/store.ts';

export type Translate = (key: TextKey, parameters?: TextParameters) => string;

const build = (locale: Locale, catalogue: typeof en): { t: Translate; f: Formats } => ({
  t: createTexts(locale, catalogue),
  f: createFormats(locale),
});
const built = { en: build('en', en), de: build('de', de), zh: build('zh', zh) };

/** The texts and formats of the chosen language. */
export const useTexts = () => built[useStore(settings).locale];

/** Outside of components. */
export const texts = () => built[settings.get().locale];

/** The text of `key` if the catalogue has it, or else `fallback`: for codes that the server may add to. */
export const textOr = (key: string, fallback: string): string =>
  Object.hasOwn(en, key) ? texts().t(key as TextKey) : fallback;
