/** `npm run bench`: see docs/performance.md. */
import { compare } from './compare/compare.ts';
import { measureMessaging } from './messaging/measure.ts';
import { parseArguments } from './options.ts';

const invocation = parseArguments(process.argv.slice(2));
if (invocation.command === 'messaging') await measureMessaging(invocation.options);
else await compare(invocation.options);
