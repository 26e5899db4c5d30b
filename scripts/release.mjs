// `npm run release`: publishes every package, with provenance. `npm run release -- --dry-run`: all of it but the publishing.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./release/release.mjs')]).then(([{ runEntry }, { release }]) =>
  runEntry(async () => {
    const args = process.argv.slice(2);
    if (args.some((arg) => arg !== '--dry-run')) {
      process.stderr.write('Usage: npm run release [-- --dry-run]\n');
      return 2;
    }
    await release({ isDryRun: args.length > 0, say: (line) => console.log(line) });
    return 0;
  }),
);
