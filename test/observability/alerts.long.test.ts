import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { ACTS, alertsOf, SET_OFF_BY_LOAD } from '../support/alerts/acts.ts';
import { AlertWatch } from '../support/alerts/alert-watch.ts';
import type { Act, Mend } from '../support/alerts/break.ts';
import { startPrometheus, type Prometheus } from '../support/alerts/prometheus.ts';
import { scaledRules } from '../support/alerts/scaled-rules.ts';
import { startSite, type Site } from '../support/alerts/site.ts';
import { dashboards, OBSERVABILITY } from '../support/observability.ts';

/** The figures of the first seconds are those of a system that starts. Milliseconds. */
const WARM_UP_MS = 20_000;
const QUIET_MS = 10_000;
/** With other work on the machine, the workers need a while for what has waited. Milliseconds. */
const LAST_END_MS = 300_000;
/** All of the test. */
const TEST_SECONDS = 900;
const PANELS_WITHOUT_DATA: Readonly<Record<string, string>> = {
  'Money captured, minor units per hour': 'this shop takes the money with the charge',
  'Captures by result, per hour': 'this shop takes the money with the charge',
};

/** A real system, a real Prometheus and the rules of `alerts.yml`, whose times alone are shorter. */
describe('the alerts', function () {
  this.timeout(15 * 60_000);
  let site: Site;
  let prometheus: Prometheus;
  let watch: AlertWatch;

  before(async () => {
    site = await startSite();
    prometheus = await startPrometheus({
      folder: temporaryFolder(),
      targets: site.targets,
      rules: scaledRules(readFileSync(join(OBSERVABILITY, 'alerts.yml'), 'utf8')),
    });
    watch = new AlertWatch(prometheus);
    await delay(WARM_UP_MS);
  });
  after(async () => {
    await watch.stop();
    await prometheus.stop();
    await site.stop();
  });

  it('are silent while all is well', async () => {
    watch.forget();
    await delay(QUIET_MS);
    const fired = [...watch.fired].filter((name) => !SET_OFF_BY_LOAD.includes(name));
    assert.deepEqual(fired, [], watch.log);
  });

  for (const act of ACTS) it(`fire when it breaks: ${act.name}`, () => play(act));

  it('have all ended when everything is mended', async () => {
    const all = ACTS.flatMap(({ breaks }) => breaks.flatMap(alertsOf));
    await watch.end(all, LAST_END_MS);
  });

  it('leave data for every query of the dashboards', async () => {
    const empty: string[] = [];
    for (const { title, panels } of dashboards())
      for (const { title: panel, targets = [] } of panels)
        for (const { expr } of targets) {
          const values = await prometheus.values(expr.replaceAll('$__rate_interval', '1m'), TEST_SECONDS);
          if (!values.some(Number.isFinite) && !(panel in PANELS_WITHOUT_DATA))
            empty.push(`${title}, ${panel}: ${expr}`);
        }
    assert.deepEqual(empty, []);
  });

  async function play({ breaks }: Act): Promise<void> {
    // An act before may have set them off as well.
    await watch.end(breaks.flatMap(alertsOf).filter((name) => !SET_OFF_BY_LOAD.includes(name)));
    watch.forget();
    const mends: (readonly [string, Mend])[] = [];
    for (const each of breaks) {
      watch.note(`breaks: ${each.name}`);
      mends.unshift([each.name, await each.begin(site)]);
    }
    const fire = watch.fire(breaks.flatMap(({ alerts }) => alerts));
    await fire.catch(() => undefined); // mended in any case, so that the next act begins well
    for (const [name, mend] of mends) {
      watch.note(`is mended: ${name}`);
      await mend();
    }
    await fire;
    await watch.fire(breaks.flatMap(alertsOf));
  }
});
