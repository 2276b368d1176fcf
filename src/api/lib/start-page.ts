import { VERSION } from '../../platform/version.ts';

/** What `GET /` says about this server. It is the same for everyone, and has no key and no address of another server. */
export interface StartFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** What to look at, by name: paths of this server. */
  readonly links: Readonly<Record<string, string>>;
  readonly authentication: string;
  /** Documents of the project, by name: paths in its repository. */
  readonly documents: Readonly<Record<string, string>>;
}

/** A path, and what a person finds there. */
interface Link {
  readonly path: string;
  readonly text: string;
}

const LINKS: Readonly<Record<string, Link>> = {
  docs: { path: '/docs', text: 'Read about every route, and try it' },
  openapi: { path: '/openapi.json', text: 'The description of the API, OpenAPI 3.1' },
  orders: { path: '/v1/orders', text: 'Place an order (POST), list orders (GET): needs an API key' },
  live: { path: '/livez', text: 'Whether this process answers' },
  ready: { path: '/readyz', text: 'Whether PostgreSQL and Temporal can be reached' },
};

const DOCUMENTS: Readonly<Record<string, Link>> = {
  readme: { path: 'README.md', text: 'What it does, and how to start it' },
  overview: { path: 'docs/overview.md', text: 'How it works' },
  run: { path: 'docs/guides/run.md', text: 'Run it, on one machine or as separate processes' },
  operate: { path: 'docs/guides/operate.md', text: 'Look after orders, refunds and failed steps' },
  webhooks: { path: 'docs/guides/webhooks.md', text: 'Receive events by webhook' },
  messages: { path: 'docs/messaging.md', text: 'Orders and events by RabbitMQ, Kafka and ZeroMQ' },
  glossary: { path: 'docs/glossary.md', text: 'What each word means here' },
};

const pathsOf = (links: Readonly<Record<string, Link>>): Record<string, string> =>
  Object.fromEntries(Object.entries(links).map(([name, { path }]) => [name, path]));

export const START_FACTS: StartFacts = {
  name: 'durable-checkout',
  version: VERSION,
  description: 'A checkout that cannot lose an order, charge twice or sell what is not in stock.',
  links: pathsOf(LINKS),
  authentication:
    'Send "Authorization: Bearer <API key>" with every request to /v1. npm start prints its API key; elsewhere it is the value of CHECKOUT_API_KEY.',
  documents: pathsOf(DOCUMENTS),
};

/** {@link START_FACTS} for a person. Without scripts, fonts and images, so that the content security policy of the API allows all of it. */
export function startPage(): string {
  const { name, version, description, authentication } = START_FACTS;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(name)} <span>${escaped(version)}</span></h1>
<p>${escaped(description)}</p>
</header>
<section>
<h2>This server</h2>
<ul class="links">
${Object.values(LINKS)
  .map(
    ({ path, text }) =>
      `<li><a href="${escaped(path)}"><code>${escaped(path)}</code><span>${escaped(text)}</span></a></li>`,
  )
  .join('\n')}
</ul>
</section>
<section>
<h2>Authentication</h2>
<p>${escaped(authentication)}</p>
</section>
<section>
<h2>Documents</h2>
<p>In the repository of this project:</p>
<dl>
${Object.values(DOCUMENTS)
  .map(({ path, text }) => `<dt><code>${escaped(path)}</code></dt><dd>${escaped(text)}</dd>`)
  .join('\n')}
</dl>
</section>
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --text: #1c2430; --quiet: #5b6675; --line: #dfe3e9; --accent: #0b6bcb; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --card: #1a2029; --text: #e6e9ee; --quiet: #9aa5b4; --line: #2c3542; --accent: #6cb2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -.01em; }
h1 span { color: var(--quiet); font-size: 1rem; font-weight: 400; letter-spacing: 0; }
header p { margin: .4rem 0 0; color: var(--quiet); font-size: 1.05rem; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.05rem; }
p { margin: 0 0 .7rem; }
code { font: .9em ui-monospace, Consolas, monospace; }
.links { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .7rem; margin: 0; padding: 0; list-style: none; }
.links a { display: block; height: 100%; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; color: inherit; text-decoration: none; }
.links a:hover, .links a:focus-visible { border-color: var(--accent); outline: none; }
.links code { color: var(--accent); font-weight: 600; }
.links span { display: block; color: var(--quiet); font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dd { margin: 0; color: var(--quiet); }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
