/**
 * The main file of a spare process, see `spare-child.ts`. It is JavaScript, because it loads packages before tsx is installed: without
 * tsx they load in a third of the time, and the threads of Temporal's worker do not load tsx either.
 */
import { once } from 'node:events';
import { register } from 'tsx/esm/api';

const exit = () => process.exit(1);
process.once('disconnect', exit);

const [packages] = await once(process, 'message');
// A package that cannot be loaded fails again, and visibly, when the file that imports it is loaded.
for (const name of packages) await import(name).catch(() => undefined);
register();
process.send({ type: 'warm' });

const [{ imports, main }] = await once(process, 'message');
for (const file of imports) await import(file);
process.send({ type: 'loaded' });

await once(process, 'message');
process.off('disconnect', exit);
await import(main);
