import type { Choices } from './choices.ts';
import { KINDS, type Kind } from './kinds.ts';

/** Versions of the tools that a package is built, checked and released with: those that Foretoken itself uses. */
export const TOOLS = {
  '@biomejs/biome': '2.6.8',
  '@changesets/cli': '^2.31.1',
  '@types/node': '^20.19.0',
  typescript: '7.0.2',
  vitest: '4.1.12',
} as const;

/** What `foretoken plugin check` checks a plugin with where its schema has no default: as the template's test does. */
const CHECKED_WITH: { readonly [OfKind in Kind]?: object } = {
  dataset: { options: { files: ['rows.jsonl', 'more/rows.jsonl'], separator: '\n', validation: 0.3 } },
};

/** The package.json of a plugin. */
export function packageJson({ kind, name, packageName, author, license, framework }: Choices): object {
  return {
    name: packageName,
    version: '0.0.0',
    description: `A Foretoken ${kind}: ${KINDS[kind].what}.`,
    keywords: ['foretoken', 'foretoken-plugin', `foretoken-${kind}`, 'multi-token-prediction'],
    license,
    ...(author !== undefined && { author }),
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: {
      '.': { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
      './package.json': './package.json',
    },
    files: ['dist'],
    publishConfig: { access: 'public', provenance: true },
    scripts: {
      build: 'tsc -p tsconfig.build.json',
      typecheck: 'tsc -p tsconfig.json',
      test: 'vitest run',
      lint: 'biome check .',
      check: 'npm run build && foretoken plugin check .',
      ablate: 'npm run build && foretoken ablate ablation.yaml',
      changeset: 'changeset',
      release: 'npm run build && npm test && changeset publish',
      prepack: 'npm run build',
    },
    // A peer: plugin and host must share one copy.
    peerDependencies: { '@foretoken/core': peerRange(framework.version) },
    devDependencies: sorted({ ...framework.dependencies, ...TOOLS }),
    foretoken: {
      api: 1,
      provides: [{ kind, name, export: '.', ...(kind in CHECKED_WITH && { check: CHECKED_WITH[kind] }) }],
    },
  };
}

/**
 * From this release up to the next major one: what a plugin holds on to is the plugin API, which has a number of its own, and a
 * caret would end with the next minor release before 1.0.
 */
export const peerRange = (version: string): string => `>=${version} <${Number.parseInt(version, 10) + 1}`;

/** In the order that npm writes them. */
const sorted = (dependencies: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)));
