import path from 'node:path';
import { type ForetokenError, loaderOf } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { fixtureRegistry } from '../matrix/registry.fixture.ts';
import { planAblation } from './plan-ablation.ts';
import { folderWith, plainBase, planningHost, planOf } from './planning.fixture.ts';

const host = { ...planningHost(), plugins: loaderOf(fixtureRegistry()) };

/** What work refuses with. */
const errorOf = async (work: Promise<unknown>): Promise<ForetokenError> =>
  work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error) => error,
  );

/** A problem without the folder of the test. */
const inFile = (problem: string): string => problem.replaceAll(/\S*foretoken-ablation-\w+\//g, '');

describe('packages that a base lists and that cannot be loaded', () => {
  it('are all said, each at its place in the list', async () => {
    const error = await errorOf(
      planOf('axes: { model.head.name: [a] }', { base: `plugins: [gone, "./no"]\n${plainBase}`, host }),
    );
    expect(error.code).toBe('PLUGIN_NOT_FOUND');
    expect(error.problems.map(inFile)).toEqual([
      expect.stringMatching(
        /^experiment\.yaml:1:11 plugins\.0: plugin package "gone" is not installed where .* Run "npm install gone" in/,
      ),
      expect.stringMatching(
        /^experiment\.yaml:1:17 plugins\.1: plugin "\.\/no": there is no package\.json in .* Name the folder of a package;/,
      ),
    ]);
    expect(error.message).toMatch(/^PLUGIN_NOT_FOUND: .*experiment\.yaml has 2 problems:\n/);
  });

  it('are said under one code where their faults differ, and a hundred of them at most', async () => {
    const names = Array.from({ length: 150 }, (_, i) => `gone-${i}`);
    const base = `plugins: [a b, ${names.join(', ')}]\n${plainBase}`;
    const error = await errorOf(planOf('', { base, host }));
    expect(error.code).toBe('ABLATION_INVALID');
    expect(error.problems).toHaveLength(100);
    expect(inFile(error.problems[0])).toMatch(
      /^experiment\.yaml:1:11 plugins\.0: plugin "a b": must be the name of an npm package/,
    );
  });

  it('have their places in the ablation file where the base is written there', async () => {
    const folder = await folderWith({
      'ablation.yaml': `formatVersion: 1\nname: test\noutput: out\nbase:\n  plugins: [gone]\n  ${plainBase}\n`,
    });
    const error = await errorOf(planAblation(path.join(folder, 'ablation.yaml'), host));
    expect(error.problems.map(inFile)).toEqual([
      expect.stringMatching(/^ablation\.yaml:5:13 (base\.)?plugins\.0: plugin package "gone"/),
    ]);
  });
});
