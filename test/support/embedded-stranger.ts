/** A process that has nothing to do with us. */
process.stdout.write('here\n');
setInterval(() => undefined, 1000);
