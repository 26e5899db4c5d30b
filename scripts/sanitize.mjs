// `npm run test:sanitize`: the native engine under AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer and
// ThreadSanitizer. Last line: how many passed and failed.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs')]).then(([{ runEntry }, { prepare }]) =>
  runEntry(async () => {
    await prepare();
    const { sanitize } = await import('../packages/engine/native/test/sanitize.mjs');
    const { passed, failed } = await sanitize();
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }),
);
