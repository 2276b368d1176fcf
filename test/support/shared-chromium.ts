import { findChromium } from '../../harness/browser/chromium.ts';
import { sharedServer } from '../../harness/servers/shared.ts';

/** The browser of the tests: found, and perhaps downloaded, once in a test run. */
export const sharedChromium = sharedServer('chromium', () => findChromium('.data'));
