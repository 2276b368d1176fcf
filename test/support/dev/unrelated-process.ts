/** A process that belongs to no part of the system. */
process.stdout.write('running\n');
setInterval(() => undefined, 1000);
