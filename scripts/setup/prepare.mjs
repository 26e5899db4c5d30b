import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { pnpmScript, run, runNode, runNpm, StepFailed } from './command.mjs';
import { withLock } from './lock.mjs';
import { inRoot, root } from './paths.mjs';
import { installStamp, pnpmStamp, readStamps, writeStamps } from './stamps.mjs';

const say = (line) => process.stderr.write(`setup: ${line}\n`);

/**
 * Brings the checkout to where every command can run: the pinned pnpm, the dependencies of the lockfile, every package
 * built. Repeats only what changed; writes to stderr only, and to no place outside the checkout but npm's and pnpm's caches.
 *
 * @throws StepFailed naming the step and what to do next
 */
export async function prepare() {
  mkdirSync(inRoot('.foretoken'), { recursive: true });
  await withLock(
    inRoot('.foretoken/setup.lock'),
    async () => {
      if (!isPnpmReady()) await installPnpm();
      if (!isInstalled()) await installDependencies();
      await build();
    },
    (pid) => say(`waiting for another setup, process ${pid}`),
  );
}

function isPnpmReady() {
  return readStamps().pnpm === pnpmStamp() && existsSync(pnpmScript());
}

async function installPnpm() {
  const version = JSON.parse(readFileSync(inRoot('tools/pnpm/package.json'), 'utf8')).dependencies.pnpm;
  say(`installing pnpm ${version} into tools/pnpm`);
  const stamp = pnpmStamp();
  const { code } = await runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: inRoot('tools/pnpm') });
  if (code !== 0) {
    throw new StepFailed(
      `"npm ci" in tools/pnpm failed with exit code ${code}.`,
      'check that the npm registry can be reached (npm ping), then run the same command again.',
    );
  }
  writeStamps({ pnpm: stamp });
}

function isInstalled() {
  return readStamps().install === installStamp() && existsSync(inRoot('node_modules/.modules.yaml'));
}

async function installDependencies() {
  say('installing dependencies from pnpm-lock.yaml');
  const stamp = installStamp();
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false', '--reporter=append-only'];
  const { code } = await runNode(pnpmScript(), args);
  if (code !== 0) {
    throw new StepFailed(
      `"pnpm install --frozen-lockfile" failed with exit code ${code}.`,
      'if a package.json was changed, run `node tools/pnpm/node_modules/pnpm/bin/pnpm.cjs install` and keep the new ' +
        'pnpm-lock.yaml; else check that the npm registry can be reached (npm ping). Then run the same command again.',
    );
  }
  writeStamps({ install: stamp });
}

/** turbo decides what is to be built: with every package in its cache it takes a fifth of a second. */
async function build() {
  const args = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none', '--ui=stream'];
  const notice = setTimeout(() => say('building the packages'), 1_000);
  const { code, captured } = await runTurbo(args);
  clearTimeout(notice);
  if (code === 0) return;
  process.stderr.write(captured);
  throw new StepFailed(
    `building the packages failed with exit code ${code}; the compiler's messages are above.`,
    `mend the files they name in ${root}, then run the same command again.`,
  );
}

/** Runs turbo, which prints a banner even when there was nothing to do: captured, so that callers can leave it out. */
export const runTurbo = (args) => run(inRoot('node_modules/.bin/turbo'), args, { output: 'both' });
