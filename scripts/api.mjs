// `npm run api`: writes down what the packages' API is, from their built declarations: the API report of
// @foretoken/core/plugin, the names that every entry exports, and docs/reference/plugin-api.md. With --check it writes
// nothing and fails where they differ.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs'), import('./api/pages.mjs')]).then(
  ([{ runEntry }, { prepare }, { apiPages, checkPages, writePages }]) =>
    runEntry(async () => {
      const args = process.argv.slice(2);
      if (args.some((arg) => arg !== '--check')) {
        process.stderr.write('Usage: npm run api [-- --check]\n');
        return 2;
      }
      // Declarations that were built before the last edit would be compared with themselves.
      await prepare();
      const pages = await apiPages();
      if (args.length > 0) checkPages(pages);
      else for (const name of writePages(pages)) console.log(name);
      return 0;
    }),
);
