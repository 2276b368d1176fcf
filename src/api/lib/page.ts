export interface PageParts {
  /** BCP 47. */
  language: string;
  title: string;
  /** CSS beside that of every page. */
  style: string;
  /** HTML. Escape what comes from elsewhere. */
  main: string;
}

/** A page for a person. Without scripts, fonts and images, so that the content security policy of the API allows all of it. */
export const page = ({ language, title, style, main }: PageParts): string => `<!doctype html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --text: #1c2430; --quiet: #5b6675; --line: #dfe3e9; --accent: #0b6bcb; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1a2029; --text: #e6e9ee; --quiet: #9aa5b4; --line: #2c3542; --accent: #6cb2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -.01em; }
header p { margin: .4rem 0 0; color: var(--quiet); font-size: 1.05rem; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.05rem; }
p { margin: 0 0 .7rem; }
code { font: .9em ui-monospace, Consolas, monospace; }
`;

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
