import type { Origin } from '../subject/target.ts';
import type { Broken } from './package-rules.ts';

type Ranges = Readonly<Record<string, unknown>>;

/** Packages of which a host and its plugins must share one copy. */
const SHARED = /^@foretoken\/(core|engine)$/;

/** What is wrong with the packages that a package asks for. */
export function dependencyProblems(packageJson: Ranges, origin: Origin): readonly Broken[] {
  const [own, peers] = [rangesOf(packageJson.dependencies), rangesOf(packageJson.peerDependencies)];
  const optional = rangesOf(packageJson.optionalDependencies);
  return [
    ...Object.keys({ ...own, ...optional }).flatMap(secondCopy),
    ...missingPeer(peers, own),
    ...Object.entries(peers).flatMap(([name, range]) => pinned(name, range)),
    ...Object.entries({ ...own, ...optional, ...peers }).flatMap(([name, range]) => unpublished(name, range, origin)),
  ];
}

const rangesOf = (value: unknown): Ranges => (typeof value === 'object' && value !== null ? (value as Ranges) : {});

function secondCopy(name: string): readonly Broken[] {
  if (!SHARED.test(name) && !name.startsWith('@tensorflow/')) return [];
  const next = SHARED.test(name) ? 'Move it to peerDependencies.' : 'Use `ops`, which runs on every engine.';
  const sentence = `Host and plugin share one copy of ${name}; as a dependency it installs another. ${next}`;
  return [{ severity: 'error', key: 'dependencies', sentence }];
}

function missingPeer(peers: Ranges, own: Ranges): readonly Broken[] {
  const name = '@foretoken/core';
  if (name in peers || name in own) return [];
  const sentence = `${name} must be among them, so that npm says which hosts a plugin fits; it is not. Add "${name}": ">=0.1.0 <1".`;
  return [{ severity: 'error', key: 'peerDependencies', sentence }];
}

function pinned(name: string, range: unknown): readonly Broken[] {
  if (!SHARED.test(name) || typeof range !== 'string' || !/^(=?\d+\.\d+\.\d+\S*|\*|)$/.test(range.trim())) return [];
  const why =
    range.trim().replace('*', '') === '' ? 'takes even releases of another plugin API' : 'fits one release alone';
  const sentence = `The range of ${name} ${why}: it is "${range}". Write a range such as ">=0.1.0 <1".`;
  return [{ severity: 'warning', key: 'peerDependencies', sentence }];
}

/** Ranges that mean something on the author's disk alone. pnpm and yarn write real ones as they pack, npm does not. */
function unpublished(name: string, range: unknown, origin: Origin): readonly Broken[] {
  if (typeof range !== 'string' || !/^(workspace|file|link|portal|catalog):/.test(range)) return [];
  const key = `dependency ${name}`;
  if (origin.kind === 'folder' && /^(workspace|catalog):/.test(range)) {
    const sentence = `"${range}" becomes a range when pnpm or yarn packs it, and stays when npm does. Publish it with those.`;
    return [{ severity: 'note', key, sentence }];
  }
  const sentence = `"${range}" means nothing to whoever installs it. Write a version range, or pack it with the tool whose protocol it is.`;
  return [{ severity: 'error', key, sentence }];
}
