// `npm run -s pack -- FOLDER`: the tarball of every package that is published, into FOLDER; prints their paths.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs'), import('./pack/pack-packages.mjs')]).then(
  ([{ runEntry }, { prepare }, { packPackage, publishable }]) =>
    runEntry(async () => {
      const [folder, ...rest] = process.argv.slice(2);
      if (!folder || rest.length > 0) {
        process.stderr.write('Usage: npm run -s pack -- FOLDER\n');
        return 2;
      }
      const { resolve } = await import('node:path');
      await prepare();
      for (const name of publishable()) console.log(await packPackage(name, resolve(folder)));
      return 0;
    }),
);
