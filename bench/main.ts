/** `npm run bench`: see docs/performance.md. */
import { compare } from './compare/compare.ts';
import { measureMessaging } from './messaging/measure.ts';
import { parseArguments } from './options.ts';

const asked = parseArguments(process.argv.slice(2));
if (asked.command === 'messaging') await measureMessaging(asked.options);
else await compare(asked.options);
