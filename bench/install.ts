/** Installs the packages of the benchmark where they are missing, for `npm run lint:bench`. */
import { installPackages, PackagesMissing } from './lib/install-packages.ts';

try {
  await installPackages((line) => {
    console.log(line);
  });
} catch (error) {
  if (!(error instanceof PackagesMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
