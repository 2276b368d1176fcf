import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';
import { openChecker, type Checker } from '../support/documents/checker.ts';
import { print, readDocument, toDocument, type Finding } from '../support/documents/text/document.ts';
import { EXCEPTIONS, isExcepted } from '../support/documents/exceptions.ts';
import { configuration, READ_ELSEWHERE } from '../support/documents/facts/variables.ts';
import { LIST_CHECKS } from '../support/documents/list-checks.ts';
import { namesIn } from '../support/documents/text/names-in.ts';

/** Fails with one line for each finding. */
function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) assert.fail(`${findings.map(print).join('\n')}\n`);
}

/** What a document may say wrongly, and what a contributor then reads. */
const MISTAKES: readonly { readonly text: string; readonly report: RegExp }[] = [
  { text: 'See `src/workflows/steps.ts`.', report: /^src\/workflows\/steps\.ts: .*no such file/ },
  { text: 'See `lib/parking.ts`.', report: /^lib\/parking\.ts: .*no such file/ },
  {
    text: 'See `test/histories/<recording>.json`.',
    report: /^test\/histories\/<recording>\.json: .*no such file/,
  },
  { text: '```sh\nnode dist/src/main.js\n```', report: /^dist\/src\/main\.js: .*no such file/ },
  { text: '```sh\n.venv/bin/python storefront.py < more-orders.jsonl\n```', report: /^more-orders\.jsonl: / },
  { text: '```mermaid\nflowchart\n  a["api<br>src/http"]\n```', report: /^src\/http: .*no such file/ },
  {
    text: 'See [run](guides/start.md).',
    report: /^guides\/start\.md: docs\/guides\/start\.md does not exist/,
  },
  {
    text: 'See [run](guides/run.md#ports).',
    report: /^guides\/run\.md#ports: .*no heading with the anchor #ports/,
  },
  { text: '# Title\n\n[below](#below)', report: /^#below: .*Its anchors: title/ },
  { text: 'Run `npm run benchmark`.', report: /^npm run benchmark: .*no such script.* bench,/ },
  { text: '```sh\nnpx ts-node bench/main.ts\n```', report: /^npx ts-node: / },
  { text: 'Run `npx checkout orders`.', report: /^checkout orders: checkout has no command orders.* place,/ },
  { text: 'Run `checkout place --colour red`.', report: /has no option --colour.* --sku,/ },
  { text: 'Run `checkout list --status open`.', report: /--status takes placed, .*, not open/ },
  { text: 'Run `checkout webhooks delete`.', report: /checkout webhooks has no command delete/ },
  {
    text: '```sh\nnpx checkout attention ord_… repeat\n```',
    report: /action takes retry, skip, resolve, not repeat/,
  },
  { text: '```sh\nnpx checkout cancel\n```', report: /checkout cancel needs <orderId>/ },
  { text: '```sh\nnpx checkout webhooks recover we_…\n```', report: /needs --since <time>/ },
  { text: '```sh\nnpx checkout get ord_… now\n```', report: /takes no argument now/ },
  { text: 'The option `--force` helps.', report: /^--force: no program of this repository has this option/ },
  { text: 'Set `CHECKOUT_GROUPING`.', report: /^CHECKOUT_GROUPING: no program reads this variable/ },
  { text: 'Set `CHECKOUT_GROUP_…`.', report: /^CHECKOUT_GROUP_…: no program reads/ },
  { text: 'Set `ORDER_STATUSES=paid`.', report: /^ORDER_STATUSES=paid: no program reads/ },
  { text: '```sh\nHTTP_PORT=3100 npm start\n```', report: /^HTTP_PORT: no program reads/ },
  { text: 'Call `GET /v1/webhook-deliveries`.', report: /the API has no route \/v1\/webhook-deliveries/ },
  { text: 'Call `/v1/order`.', report: /^\/v1\/order: the API has no route/ },
  { text: 'Call `PUT /v1/orders/<id>`.', report: /the API answers \/v1\/orders\/<id> to GET only/ },
  { text: 'Call `GET /v1/orders?state=paid`.', report: /the query of \/v1\/orders has no parameter state/ },
  {
    text: '```sh\ncurl http://127.0.0.1:3000/v1/orders/ord_…/refunds\n```',
    report: /^curl: GET .* to POST only/,
  },
  {
    text: '```sh\nS=http://127.0.0.1:4010/sandbox\ncurl -X POST $S/heal\n```',
    report: /the sandbox has no route \/sandbox\/heal/,
  },
  {
    text: 'The table `order_claimz` has it.',
    report: /^table order_claimz: db\/schema\.sql has no such name/,
  },
  { text: 'The tables `orders` and `parcels`.', report: /^table parcels: / },
  { text: 'The SQL function `reserve`.', report: /^sql function reserve: / },
  { text: '```sql\nupdate order_items set status = 1;\n```', report: /^table order_items: / },
  {
    text: 'The workflow `checkoutSaga` runs.',
    report: /^workflow checkoutSaga: .* checkout, disputes, fulfilment, checkoutGroup/,
  },
  { text: 'The activities `reserveStock` and `notifyCustomer`.', report: /^activity notifyCustomer: / },
  {
    text: 'The task queue `mails`.',
    report: /^task queue mails: .* checkout, notifications, fulfilment, webhooks/,
  },
  { text: 'The search attribute `OrderState`.', report: /^search attribute OrderState: / },
  { text: 'Search for `OrderState = "paid"`.', report: /OrderState = "paid": .* OrderId, OrderStatus/ },
  { text: 'The update `detachOrder`.', report: /^update detachOrder: / },
  { text: 'The role `web` serves it.', report: /^role web: .* api, checkout/ },
  { text: 'It calls `retryTillDone` again.', report: /^retryTillDone: no source file has this name/ },
  { text: 'The reason is `sku_unknown`.', report: /^sku_unknown: no source file has this name/ },
];

describe('the documents', () => {
  let checker: Checker;
  let found: readonly Finding[];
  before(async () => {
    checker = await openChecker();
    found = checker.documents.flatMap((document) => checker.check(document));
  });

  it('name only paths, commands, variables, routes and names that exist', () => {
    expectNone(found.filter((finding) => !isExcepted(finding)));
  });

  for (const { lists, file, find } of LIST_CHECKS)
    it(`list ${lists} (${file})`, () => {
      expectNone(find(readDocument(file), checker));
    });

  it('are linked from another document, and so are their pictures', () => {
    const linked = new Set(
      checker.documents.flatMap(({ file, folder, links }) =>
        links
          .map(({ target }) => join(folder, target.split('#', 1)[0] ?? ''))
          .filter((path) => path !== file),
      ),
    );
    // The README links the folder of the decisions.
    const files = checker.tree.files.filter((file) => /^(docs|db|examples)\/.*\.(md|png|svg)$/.test(file));
    const alone = files.filter((file) => !file.startsWith('docs/decisions/') && !linked.has(file));
    assert.deepEqual(alone, [], 'link them, or delete them');
  });

  it('need every exception', () => {
    const named = new Set(found.map((each) => each.named));
    const unneeded = EXCEPTIONS.flatMap(({ names }) => names).filter((name) => !named.has(name));
    assert.deepEqual(unneeded, [], 'remove them from test/support/documents/exceptions.ts');
  });

  it('and docker-compose.yml set only variables that a process reads', () => {
    const compose = readFileSync(join(packageRoot(), 'docker-compose.yml'), 'utf8');
    const [, shared = ''] = /^x-checkout-environment:.*\n((?: {2}.*\n)+)/m.exec(compose) ?? [];
    const names = namesIn(shared, /^ {2}([A-Z_]+):/gm);
    assert.ok(names.includes('DATABASE_URL'));
    assert.deepEqual(
      names.filter((name) => !configuration.has(name)),
      [],
    );
  });

  it('may name variables outside the configuration that are still read', () => {
    for (const [name, file] of Object.entries(READ_ELSEWHERE))
      assert.match(readFileSync(join(packageRoot(), file), 'utf8'), new RegExp(`'${name}'`), file);
  });

  describe('a mistake in a document', () => {
    for (const { text, report } of MISTAKES)
      it(`is reported with its line: ${text.replaceAll('\n', ' ')}`, () => {
        const lines = checker.check(toDocument('docs/planned.md', `${text}\n`)).map(print);
        assert.ok(
          lines.some((line) => {
            const [, number, rest = ''] = /^docs\/planned\.md:(\d+): (.*)$/.exec(line) ?? [];
            return Number(number) <= text.split('\n').length && report.test(rest);
          }),
          lines.join('\n') || 'nothing is reported',
        );
      });

    it('is none where a document is right', () => {
      const text = [
        'Run `npm run bench -- --quick` or `npx checkout list --status paid`, with `PORT=3100` and `REVIEW_…`.',
        'See `src/app/main.ts`, `process-order.ts`, `db/functions/*.sql` and [run](guides/run.md#stripe).',
        'The workflow `checkout`, the activity `notify`, the task queues `checkout` and `webhooks`.',
        'The tables `orders` and `refunds`; `GET /v1/orders/{orderId}`, `/docs`, `POST /sandbox/outage`.',
        '```sh\nORDER=$(npx checkout place --json | node -p "1")\nnpx checkout get $ORDER # "it is" paid\n```',
      ].join('\n\n');
      expectNone(checker.check(toDocument('docs/right.md', text)));
    });
  });
});
