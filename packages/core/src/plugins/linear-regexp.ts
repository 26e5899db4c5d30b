import { createRequire } from 'node:module';
import type { RegExpEngine } from 'ajv/dist/types/index.js';

/**
 * Patterns of foreign schemas, matched in time linear in the text: a pattern such as `^(a+)+$`, on which JavaScript's own
 * engine may run for years, is no different from any other here. What cannot be matched so (look-around,
 * back-references) is refused when the schema is compiled.
 */
export const linearRegExp: RegExpEngine = Object.assign(
  (pattern: string) => {
    // Few schemas have patterns: the engine is loaded when the first one comes.
    const { RE2JS } = createRequire(import.meta.url)('re2js') as typeof import('re2js');
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    // ajv keeps compiled patterns by their text.
    return { test: (text: string) => compiled.test(text), toString: () => pattern };
  },
  { code: 'linearRegExp' },
);
