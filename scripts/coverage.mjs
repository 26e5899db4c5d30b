// `npm run coverage [-- PACKAGE...]`: the quick tests of core, decoders and ablation, and how much of each package they
// execute; fails below the bounds of coverage/measure.mjs. Last line: how many packages passed and failed.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs'), import('./coverage/measure.mjs')]).then(
  ([{ runEntry }, { prepare }, { MEASURED, measure }]) =>
    runEntry(async () => {
      const names = process.argv.slice(2);
      const unknown = names.filter((name) => !MEASURED.includes(name));
      if (unknown.length > 0) {
        process.stderr.write(`No bounds are set for ${unknown.join(', ')}. Name some of ${MEASURED.join(', ')}.\n`);
        return 2;
      }
      await prepare();
      const { passed, failed } = await measure(names.length > 0 ? names : MEASURED);
      console.log(`${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    }),
);
