import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { de } from './locales/de.ts';
import { en } from './locales/en.ts';
import { zh } from './locales/zh.ts';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The script that sets the theme before the first paint. It must not wait for the board, so it is no module; and the page has no
 * inline scripts, so it is a file, with a hash in its name like the others.
 */
function themeScript() {
  return {
    name: 'theme-script',
    generateBundle() {
      this.emitFile({ type: 'asset', name: 'theme.js', source: readFileSync(at('theme.js'), 'utf8') });
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.keys(bundle ?? {}).find((name) => /(^|\/)theme-[^/]+\.js$/.test(name));
        const src = file === undefined ? '/board/theme.js' : `/board/${file}`;
        return [{ tag: 'script', attrs: { src }, injectTo: 'head-prepend' }];
      },
    },
  };
}

/**
 * All languages have the same keys, so the others are built as the list of their texts in the order of the English ones. With its keys, each
 * would make the board 5 kB larger.
 */
function textsWithoutKeys() {
  const catalogues = { de, zh };
  return {
    name: 'texts-without-keys',
    apply: 'build',
    load(id) {
      const [, locale] = /\/board\/locales\/(de|zh)\.ts$/.exec(id) ?? [];
      if (locale === undefined) return null;
      const texts = Object.keys(en).map((key) => catalogues[locale][key]);
      return `import { en } from './en.ts';
const texts = ${JSON.stringify(texts)};
export const ${locale} = Object.fromEntries(Object.keys(en).map((key, index) => [key, texts[index]]));`;
    },
  };
}

export default defineConfig({
  root: at('.'),
  base: '/board/',
  publicDir: false,
  plugins: [themeScript(), textsWithoutKeys()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('../dist/board'),
    emptyOutDir: true,
    target: 'es2023',
    // The page has a strict Content-Security-Policy: no inline script, and no data: URLs but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
