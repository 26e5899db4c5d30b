import { onTestFinished } from 'vitest';
import type { Finding } from '../finding.ts';
import type { PackedFile } from '../subject/read-tarball.ts';
import { type StagedPackage, stagePackage } from '../subject/stage.ts';
import type { Origin } from '../subject/target.ts';

/** What is different from {@link CLEAN}: text by path; undefined takes a file away. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A package.json that breaks no rule. */
export const CLEAN_JSON = {
  name: 'foretoken-head-echo',
  version: '1.0.0',
  description: 'A head that gives the trunk’s states.',
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  keywords: ['foretoken-plugin'],
  engines: { node: '>=20.19' },
  repository: { type: 'git', url: 'git+https://example.org/echo.git' },
  exports: { '.': { types: './dist/echo.d.ts', default: './dist/echo.js' }, './package.json': './package.json' },
  files: ['dist'],
  peerDependencies: { '@foretoken/core': '^0.1.0' },
  foretoken: { api: 1, provides: [{ kind: 'head', name: 'echo', export: '.' }] },
};

/** The module of a head that keeps its contract. */
export const CLEAN_CODE = `import { defineHead } from '@foretoken/core/plugin';
export default defineHead({
  name: 'echo',
  create({ ops, param, dims: { width, horizon } }) {
    const steps = Array.from({ length: horizon - 1 }, (_, i) => param('step.' + (i + 2), [width, width], { kind: 'zeros' }));
    return {
      forward: (offset, { trunk: [hidden] }) =>
        offset === 1 ? hidden : ops.linear(hidden, steps[offset - 2], { residual: hidden }),
    };
  },
});
`;

const CLEAN: Files = {
  'README.md': '# echo',
  LICENSE: 'MIT',
  'dist/echo.js': CLEAN_CODE,
  'dist/echo.d.ts': 'declare const head: import("@foretoken/core/plugin").Definition<"head">;\nexport default head;\n',
};

/** The files of a clean package with some of them changed, and its package.json with some keys: undefined takes one away. */
export function packageFiles(
  changes: Readonly<Record<string, unknown>> = {},
  files: Files = {},
): readonly PackedFile[] {
  const all: Files = { 'package.json': JSON.stringify({ ...CLEAN_JSON, ...changes }), ...CLEAN, ...files };
  return Object.entries(all).flatMap(([path, text]) =>
    text === undefined ? [] : [{ path, content: new TextEncoder().encode(text) }],
  );
}

/** The same, in a folder of its own until the test is finished. */
export function stagedPackage(
  changes: Readonly<Record<string, unknown>> = {},
  files: Files = {},
  origin: Origin = { kind: 'tarball', path: '/somewhere/echo.tgz' },
): StagedPackage {
  const staged = stagePackage({ origin, files: packageFiles(changes, files) }, '/');
  onTestFinished(() => staged.close());
  return staged;
}

/** What was found, without the sentences. */
export const heads = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, where }) => `${severity} ${where}`);
