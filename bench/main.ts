/** `npm run bench`: see docs/performance.md. */
import { compare } from './compare/compare.ts';
import { PackagesMissing } from './lib/install-packages.ts';
import { measureMessaging } from './messaging/measure.ts';
import { parseArguments } from './options.ts';

const invocation = parseArguments(process.argv.slice(2));
try {
  if (invocation.command === 'messaging') await measureMessaging(invocation.options);
  else await compare(invocation.options);
} catch (error) {
  if (!(error instanceof PackagesMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
