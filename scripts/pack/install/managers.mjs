import { pnpmScript } from '../../setup/command.mjs';
import { inRoot } from '../../setup/paths.mjs';

const ENGINE = '@foretoken/engine';

/**
 * How each package manager installs packages that are not in a registry into an empty project: what lies there before, and
 * the command that installs it. `npm` and `node` are the first on the path.
 *
 * `files` takes the packages as a Map from name to `file:` range. Each lets the engine's install script run, which pnpm and
 * Yarn do for those alone that a project names.
 */
export const MANAGERS = [
  {
    name: 'npm',
    command: () => ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'],
    files: (ranges) => ({ 'package.json': project(ranges) }),
  },
  {
    name: 'pnpm',
    command: () => ['node', pnpmScript(), 'install', '--prefer-offline', '--reporter=append-only'],
    files: (ranges) => ({
      'package.json': {
        ...project(ranges),
        pnpm: {
          overrides: Object.fromEntries(ranges),
          onlyBuiltDependencies: [`${ENGINE}@${ranges.get(ENGINE)}`],
        },
      },
    }),
  },
  {
    name: 'yarn',
    command: () => ['node', inRoot('node_modules/@yarnpkg/cli-dist/bin/yarn.js'), 'install'],
    files: (ranges) => ({
      'package.json': {
        ...project(ranges),
        resolutions: Object.fromEntries(ranges),
        dependenciesMeta: { [ENGINE]: { built: true } },
      },
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\nenableImmutableInstalls: false\n',
      'yarn.lock': '',
    }),
  },
];

const project = (ranges) => ({
  name: 'empty',
  version: '1.0.0',
  private: true,
  type: 'module',
  dependencies: Object.fromEntries(ranges),
});
