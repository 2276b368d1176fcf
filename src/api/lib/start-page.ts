import { VERSION } from '../../platform/version.ts';
import { escaped, page } from './page.ts';

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
  board: { path: 'docs/guides/board.md', text: 'Sign in at the board, and see what waits for you' },
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

/** {@link START_FACTS} for a person. */
export function startPage(): string {
  const { name, version, description, authentication } = START_FACTS;
  return page({
    language: 'en',
    title: name,
    style: START_STYLE,
    main: `<header>
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
</section>`,
  });
}

const START_STYLE = `
h1 span { color: var(--quiet); font-size: 1rem; font-weight: 400; letter-spacing: 0; }
.links { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .7rem; margin: 0; padding: 0; list-style: none; }
.links a { display: block; height: 100%; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; color: inherit; text-decoration: none; }
.links a:hover, .links a:focus-visible { border-color: var(--accent); outline: none; }
.links code { color: var(--accent); font-weight: 600; }
.links span { display: block; color: var(--quiet); font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dd { margin: 0; color: var(--quiet); }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
`;
