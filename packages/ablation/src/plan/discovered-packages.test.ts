import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loaderOf } from '@foretoken/core';
import { expect, test } from 'vitest';
import { createCodeChecker } from '../identity/check-code.ts';
import { fixtureRegistry } from '../matrix/registry.fixture.ts';
import { type AblationPlan, planAblation } from './plan-ablation.ts';
import { folderWith, plainBase, planningHost } from './planning.fixture.ts';

const ARMS = 'arms:\n  - { name: plain }\n  - { name: mine, set: { model.head.name: mine } }\n';

/** Plans two arms, one with head "mine", in a project with these dependencies, each a package with one head. */
async function planIn(heads: { readonly [dependency: string]: string }): Promise<AblationPlan> {
  const folder = await folderWith({
    'package.json': JSON.stringify({ dependencies: Object.fromEntries(Object.keys(heads).map((name) => [name, '1'])) }),
    'ablation.yaml': `formatVersion: 1\nname: test\nbase: experiment.yaml\noutput: out\n${ARMS}`,
    'experiment.yaml': plainBase,
  });
  for (const [name, head] of Object.entries(heads)) {
    const directory = path.join(folder, 'node_modules', name);
    await mkdir(directory, { recursive: true });
    const foretoken = { api: 1, provides: [{ kind: 'head', name: head, export: '.' }] };
    const packageJson = { name, version: '1.0.0', type: 'module', exports: './index.js', foretoken };
    await writeFile(path.join(directory, 'package.json'), JSON.stringify(packageJson));
    const definition = `{ kind: 'head', name: '${head}', api: 1, create: () => ({ forward() {} }) }`;
    await writeFile(path.join(directory, 'index.js'), `export default ${definition};`);
  }
  return planAblation(path.join(folder, 'ablation.yaml'), host());
}

const host = () => ({ ...planningHost(), plugins: loaderOf(fixtureRegistry()) });

const idsOf = ({ cells }: AblationPlan) => cells.map(({ id }) => id);

test('a cell lists the packages that it uses, and no other arm’s', async () => {
  const { cells } = await planIn({ heads: 'mine' });
  expect(cells.map(({ experiment }) => experiment.plugins)).toEqual([[], ['heads']]);
  expect(cells.map(({ packages }) => packages.heads)).toEqual([undefined, '1.0.0']);
});

test('a dependency that no arm uses moves no id', async () => {
  const ids = idsOf(await planIn({ heads: 'mine' }));
  expect(new Set(ids).size).toBe(2);
  expect(idsOf(await planIn({ heads: 'mine', another: 'other' }))).toEqual(ids);
});

test('a worker finds the packages of a cell by what it lists, and knows its code again', async () => {
  const { cells, baseDirectory } = await planIn({ heads: 'mine' });
  await writeFile(path.join(baseDirectory, 'package.json'), '{}');
  const check = createCodeChecker(host().plugins);
  for (const cell of cells) await check(cell, baseDirectory);
  await writeFile(path.join(baseDirectory, 'node_modules/heads/more.js'), 'export {};');
  await expect(createCodeChecker(host().plugins)(cells[1], baseDirectory)).rejects.toThrow('edited since is heads');
});
