/**
 * `npx tsx scripts/traces/print-trace.ts`, after `npm run build`: places an order in a new system, and prints its trace as a collector has received
 * it. With `--write` the tree and the picture in docs/guides/traces.md are replaced.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readCollectedSpans, treeOf, treeText, type CollectedSpan } from '../../harness/collected-spans.ts';
import { collectorPath, startCollector } from '../../harness/otel-collector.ts';
import { line } from '../../harness/orders.ts';
import { stopAll, temporaryFolder } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { startSystem } from '../../test/support/system.ts';
import { openReceiver } from '../../test/support/webhooks/receiver.ts';
import { waterfall } from './waterfall.ts';

const DOCUMENT = 'docs/guides/traces.md';
const PICTURE = 'docs/images/trace.svg';
const LAST_SPANS = ['RunWorkflow:checkout', 'POST webhook', 'POST /v1/orders'];

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const collector = await startCollector(await collectorPath('.data'), temporaryFolder());
const receiver = await openReceiver();
const system = await startSystem({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  WEBHOOKS_ALLOW_PRIVATE: 'yes',
});
try {
  await system.shop.addWebhookEndpoint({ url: receiver.url, events: ['order.paid'] });
  const lines = [line(await system.shop.createItem(10))];
  // The first orders of a process are slower than all later ones.
  for (let n = 0; n < 5; n += 1) await system.shop.place({ lines }, { wait: 30 });
  const { traceId = '' } = await system.shop.place({ lines }, { wait: 30 });
  let spans: CollectedSpan[] = [];
  await waitFor('the collector has the trace', () => {
    spans = readCollectedSpans(collector.file);
    return LAST_SPANS.every((name) => spans.some((span) => span.traceId === traceId && span.name === name));
  });
  const text = treeText(spans, traceId);
  console.log(text);
  if (values.write) {
    const document = readFileSync(DOCUMENT, 'utf8');
    const between = /(<!-- trace:start -->)[^]*(<!-- trace:end -->)/;
    const written = document.replace(
      between,
      (_, start, end) => `${start}\n\n\`\`\`text\n${text}\n\`\`\`\n\n${end}`,
    );
    const config = await resolveConfig(DOCUMENT);
    writeFileSync(DOCUMENT, await format(written, { ...config, filepath: DOCUMENT }));
    writeFileSync(PICTURE, waterfall(treeOf(spans, traceId)));
  }
} finally {
  receiver.close();
  await system.stop();
  await collector.stop();
  await stopAll();
}
