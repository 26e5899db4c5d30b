import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import bundle from './built-ins.ts';
import { compileOptions } from './plugins/options-schema.ts';

describe('the built-in plugins of core', () => {
  it('are exactly those that its package.json declares', () => {
    const declared = manifest.foretoken.provides.map(({ kind, name }) => `${kind} ${name}`);
    expect(bundle.provides.map(({ kind, name }) => `${kind} ${name}`)).toEqual(declared);
    expect(declared).toEqual(['tokenizer bytes', 'dataset text-files', 'dataset jsonl']);
    expect(manifest.exports).toHaveProperty(['./built-ins', 'default'], './dist/built-ins.js');
  });

  it.each(bundle.provides.map((definition) => [definition.name, definition] as const))(
    '%s has options that the framework can check, and describes itself',
    (_, definition) => {
      expect(() => compileOptions(definition.kind, definition.options, definition.description)).not.toThrow();
      expect(definition.description).toMatch(/^[A-Z].*\.$/);
    },
  );
});
