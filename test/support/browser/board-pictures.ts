import { LOCALES } from '../../../board/lib/locale.ts';
import { NO_SAMPLES, pagesOf } from './board-pages.ts';

/** Where the pictures of the board are, and the page of the documentation that shows them. Relative to the repository. */
export const PICTURES_FOLDER = 'docs/images/board';
export const PICTURES_PAGE = 'docs/guides/board-pictures.md';

export const SCHEMES = ['light', 'dark'] as const;
/** A wide screen and a phone, in pixels. */
export const SIZES = [
  { width: 1440, height: 960 },
  { width: 390, height: 844 },
] as const;

/** The pages that are shown in every language. */
export const TRANSLATED: readonly string[] = ['now', 'order-delivered'];

export const pictureFile = (name: string, scheme: (typeof SCHEMES)[number], width: number): string =>
  `${name}-${scheme}-${width}.webp`;

const [WIDE, PHONE] = SIZES;
const pageNames = (): string[] => pagesOf(NO_SAMPLES).map(({ name }) => name);
const OTHERS = LOCALES.filter((locale) => locale !== 'en');
const translations = (name: string): string[] =>
  TRANSLATED.includes(name)
    ? OTHERS.map((locale) => pictureFile(`${name}-${locale}`, 'light', WIDE.width))
    : [];

/** Every file that has to be there. */
export const allPictures = (): string[] =>
  pageNames().flatMap((name) => [
    ...SCHEMES.flatMap((scheme) => SIZES.map(({ width }) => pictureFile(name, scheme, width))),
    ...translations(name),
  ]);

/** The text of the page that shows them, without what stands before the first picture. */
export function picturesDocument(): string {
  const image = (file: string, percent: number): string =>
    `<img src="../images/board/${file}" width="${percent}%" alt="${file.replace(/\.webp$/, '').replaceAll('-', ' ')}">`;
  const sections = pageNames().map((name) =>
    [
      `## ${titleOf(name)}`,
      '',
      ...SCHEMES.flatMap((scheme) => [
        image(pictureFile(name, scheme, WIDE.width), 38),
        image(pictureFile(name, scheme, PHONE.width), 11),
      ]),
      ...translations(name).map((file) => image(file, 38)),
    ].join('\n'),
  );
  return [
    '# The board in pictures',
    '',
    'Every page of the [board](board.md), light and dark, wide and on a phone; some in German and Chinese. They are taken from a running system with',
    '10,000 orders by `npm run board:screenshots` ([contribute](../../CONTRIBUTING.md#change-the-board)), which also writes this page.',
    '',
    ...sections.flatMap((section) => [section, '']),
  ].join('\n');
}

const titleOf = (name: string): string => {
  const words = name.replaceAll('-', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};
