import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { runNpm, StepFailed } from '../setup/command.mjs';

/**
 * Publishes tarballs one after the other and stops at the first that fails. A version that the registry has already is passed
 * over: so the same command goes on where it stopped.
 *
 * @param tarballs - `{ name, version, tarball }`, each after what it depends on
 * @param options.isDryRun - says what npm would do; asks no registry and needs no account
 * @param options.flags - further flags of npm, such as `--registry`
 * @param options.say - is given a line for each
 * @throws StepFailed at the first that fails
 */
export async function publishAll(tarballs, { isDryRun = false, flags = ['--provenance'], say = () => {} } = {}) {
  for (const { name, version, tarball } of tarballs) {
    if (!isDryRun && (await isPublished(name, version, flags))) {
      say(`${name}@${version} is there already`);
      continue;
    }
    const args = ['publish', tarball, '--access', 'public', ...flags, ...(isDryRun ? ['--dry-run', '--offline'] : [])];
    const { code, captured } = await runNpm(args, { output: 'both' });
    if (code !== 0) throw failed(`npm publish of ${name}@${version}`, code, captured);
    say(`${name}@${version} ${isDryRun ? 'would be published' : 'is published'}, ${sizesOf(tarball)}`);
  }
}

async function isPublished(name, version, flags) {
  const registry = flags.filter((flag) => flag.startsWith('--registry='));
  const args = ['view', `${name}@${version}`, 'version', '--json', '--prefer-online', ...registry];
  const { code, captured } = await runNpm(args, { output: 'both' });
  if (code === 0) return captured.includes(version);
  // A package that is not there at all is an error to npm, a version that is not there is not.
  if (captured.includes('E404')) return false;
  throw failed(`npm view of ${name}@${version}`, code, captured);
}

const failed = (what, code, output) =>
  new StepFailed(
    `${what} failed with exit code ${code}:\n${output.trimEnd()}`,
    'mend what npm names, then run the same command again: what is published by now is passed over.',
  );

/** Bytes packed and unpacked, for a human. */
export function sizesOf(tarball) {
  const packed = statSync(tarball).size;
  return `${kilobytes(packed)} packed, ${kilobytes(gunzipSync(readFileSync(tarball)).length)} unpacked`;
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
