import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Small enough to be sent in one piece. */
const LIMIT = 64 * 2 ** 20;

/**
 * Packs a folder.
 * @throws Error naming the largest files if the archive is over the limit
 */
export function archive(folder, target) {
  const owner = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  execFileSync('tar', ['--create', '--xz', '--file', target, ...owner, '--directory', folder, '.'], {
    env: { ...process.env, XZ_OPT: process.env.XZ_OPT ?? '-6 -T0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const bytes = statSync(target).size;
  if (bytes < LIMIT) return { bytes, limit: LIMIT };
  throw new Error(`${target} has ${bytes} bytes, more than ${LIMIT}; its largest files: ${largest(folder).join(', ')}`);
}

const largest = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => ({ name, bytes: statSync(path.join(folder, name)).size }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5)
    .map(({ name, bytes }) => `${name} (${(bytes / 2 ** 20).toFixed(0)} MiB)`);
