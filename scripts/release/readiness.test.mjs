import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { publishable, readManifest } from '../pack/pack-packages.mjs';
import { inRoot } from '../setup/paths.mjs';
import { inDependencyOrder, largestStep, repositories, versions } from './readiness.mjs';
import { requireNone } from './release.mjs';

const manifest = (name, dependencies = [], rest = {}) => ({
  name,
  version: '1.2.3',
  dependencies: Object.fromEntries(dependencies.map((other) => [other, '1.2.3'])),
  ...rest,
});

it('each package comes after all that it depends on, whatever else it depends on', () => {
  const peer = { peerDependencies: { base: '^1.0.0' } };
  const given = [manifest('top', ['middle', 'elsewhere']), manifest('middle', [], peer), manifest('base', ['yaml'])];
  expect(inDependencyOrder(given).map(({ name }) => name)).toEqual(['base', 'middle', 'top']);
});

it('the packages of the checkout have such an order, the command last of its own', () => {
  const names = inDependencyOrder(publishable().map(readManifest)).map(({ name }) => name);
  const chain = ['@foretoken/engine', '@foretoken/core', '@foretoken/heads', '@foretoken/ablation', 'foretoken'];
  expect(names.filter((name) => chain.includes(name))).toEqual(chain);
  expect(names).toHaveLength(publishable().length);
});

it('packages that depend on one another in a circle have none, and are named', () => {
  const circle = [manifest('one', ['two']), manifest('two', ['one']), manifest('free')];
  expect(() => inDependencyOrder(circle)).toThrow('in a circle: one, two');
});

it('the largest step of all changesets counts', () => {
  const changeset = (...lines) => `---\n${lines.join('\n')}\n---\n\nA major: change.\n`;
  expect(largestStep([changeset('"foretoken": patch'), changeset("'@foretoken/core': patch")])).toBe('patch');
  expect(largestStep([changeset('foretoken: patch', '"@foretoken/core": minor'), changeset()])).toBe('minor');
  expect(largestStep([changeset('"create-foretoken-plugin": major'), changeset('"foretoken": minor')])).toBe('major');
});

it('different versions, and packages without a repository, stand in the way', () => {
  const repository = { type: 'git', url: 'git+https://example.org/x.git' };
  const same = [manifest('one', [], { repository }), manifest('two', [], { repository })];
  expect([...versions(same), ...repositories(same)]).toEqual([]);
  const other = [same[0], manifest('three', [], { version: '1.2.4' })];
  expect(versions(other)[0].what).toBe('the packages have different versions: one 1.2.3, three 1.2.4');
  expect(repositories(other)[0].what).toContain('package.json of three, so');
});

it('the first obstacle stops a release; a dry run names all of them and goes on', () => {
  const found = [
    { what: '2 changes are not committed', next: 'commit them' },
    { what: '3 changesets wait', next: 'make a version of them' },
  ];
  const said = [];
  const say = (line) => said.push(line);
  expect(() => requireNone(found, { isDryRun: false, say })).toThrow(
    'Not ready for a release: 2 changes are not committed.\nNext step: commit them.',
  );
  requireNone(found, { isDryRun: true, say });
  requireNone([], { isDryRun: false, say });
  expect(said).toEqual([
    'a release would stop here: 2 changes are not committed; commit them',
    'a release would stop here: 3 changesets wait; make a version of them',
  ]);
});

/** package.json of every member of the workspace, by its folder. */
function members() {
  const listed = [
    ...readFileSync(inRoot('pnpm-workspace.yaml'), 'utf8').matchAll(/^ {2}- ((?:packages|examples)\/\S+)$/gm),
  ];
  const folders = listed.flatMap(([, glob]) => {
    if (!glob.endsWith('/*')) return [inRoot(glob)];
    return readdirSync(inRoot(glob.slice(0, -2))).map((name) => inRoot(glob.slice(0, -2), name));
  });
  return folders.filter((folder) => existsSync(path.join(folder, 'package.json'))).map(readManifest);
}

it('a release raises the version of what it publishes, and of no example', () => {
  const { ignore, fixed } = JSON.parse(readFileSync(inRoot('.changeset/config.json'), 'utf8'));
  const published = publishable().map(readManifest);
  const others = members().filter(({ name }) => !published.some((one) => one.name === name));
  expect(others.length).toBeGreaterThan(5);
  expect([...ignore].sort()).toEqual(others.map(({ name }) => name).sort());
  // The packages have one version: each is in the group that is raised as one.
  const isFixed = (name) =>
    fixed.flat().some((one) => one === name || (one.endsWith('/*') && name.startsWith(one.slice(0, -1))));
  expect(published.filter(({ name }) => !isFixed(name))).toEqual([]);
});

it('the examples ask for the framework as the guides say: not by a range that ends with the next minor release', () => {
  const peers = members().filter(
    ({ name, peerDependencies }) => !name.startsWith('@') && peerDependencies?.['@foretoken/core'],
  );
  expect(peers.length).toBeGreaterThan(4);
  for (const { name, peerDependencies } of peers) {
    expect({ name, range: peerDependencies['@foretoken/core'] }).toEqual({ name, range: '>=0.1.0 <1' });
  }
});
