import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createForetokenHost, planAblation } from '@foretoken/ablation';
import type { Host } from '@foretoken/core';
import type { Definition } from '@foretoken/core/plugin';
import type { Engine } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chosen } from './choices.ts';
import { filesOf } from './files.ts';
import { KIND_NAMES, type Kind } from './kinds.ts';

/** A template's plugin, as it stands. */
async function pluginOf(kind: Kind): Promise<Definition> {
  const { default: plugin } = await import(new URL(`../templates/${kind}/src/my-plugin.ts`, import.meta.url).href);
  return plugin;
}

let host: Host;
beforeAll(async () => {
  host = await createForetokenHost({ openEngine: async () => ({ fingerprint: 'none' }) as Engine });
  for (const kind of KIND_NAMES) {
    host.plugins.builtIns.register(await pluginOf(kind), { package: 'under-test', version: '0.0.0', api: 1 });
  }
});
afterAll(() => host.dispose());

/** Plans a new package's ablation in a host that knows its plugin. */
async function planned(kind: Kind) {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-planned-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = filesOf(chosen({ kind, name: 'my-plugin' }, { cwd: folder, version: '1.0.0', year: 2031 }));
  const ablation = files.get('ablation.yaml')!;
  // The package is not built here: its plugin is registered by hand.
  writeFileSync(path.join(folder, 'ablation.yaml'), ablation.replace('  plugins: [.]\n', ''));
  return { ablation, plan: await planAblation(path.join(folder, 'ablation.yaml'), host) };
}

describe.each(KIND_NAMES)('the ablation of a new %s', (kind) => {
  it('is one that can be run: the plugin, in three seeds, beside what there is', async () => {
    const { ablation, plan } = await planned(kind);
    expect(ablation).toContain('\n  plugins: [.]\n');
    expect(plan.cells).toHaveLength(3 * plan.arms.length);
    const using = plan.cells.filter(({ experiment }) => JSON.stringify(experiment).includes('"name":"my-plugin"'));
    // An eval measures every arm; all others are an arm of their own, which bears their name.
    expect(using).toHaveLength(kind === 'eval' ? plan.cells.length : 3);
    if (kind !== 'eval') expect(plan.arms).toContain('my-plugin');
  });
});

describe.each(KIND_NAMES)('the README of a new %s', (kind) => {
  it('has every option of the plugin, with its default, and no other', async () => {
    const readme = filesOf(chosen({ kind, name: 'x' }, { cwd: '/', version: '1.0.0', year: 2031 })).get('README.md')!;
    const [, table] = /\n## Options\n\n\| option .*\n\|---.*\n((?:\|.*\n)+)/.exec(readme)!;
    const rows = [...table.matchAll(/^\| `(\w+)` \| .* \| (.*) \| .* \|$/gm)].map(([, name, value]) => [name, value]);
    const { options } = await pluginOf(kind);
    expect(rows.map(([name]) => name)).toEqual(Object.keys(options!.properties));
    for (const [name, value] of rows) {
      const schema = options!.properties[name] as { readonly default?: unknown };
      // Defaults that are words for something: a size that follows from another, a long list, a blank line.
      if (typeof schema.default === 'number' || typeof schema.default === 'boolean')
        expect(value).toBe(String(schema.default));
      else expect(value).toMatch(/\w/);
    }
  });
});
