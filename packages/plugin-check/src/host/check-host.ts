import type { ChildLimits, ChildLoss } from '../child/child-process.ts';
import { runChild } from '../child/child-process.ts';
import type { Incident } from '../child/incidents.ts';
import { lastWords } from '../child/last-words.ts';
import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';

const finding = findingsOf('host');

/** A package's code is loaded with every command that uses it: longer than this is felt. */
const LOAD_MS = 2000;

/** What became of importing a package. */
export interface HostCheck {
  readonly findings: readonly Finding[];
  readonly incidents: readonly Incident[];
  /** Whether its code was imported and found to be what the manifest promised. */
  readonly isLoaded: boolean;
  readonly loadMs?: number;
}

/** Has a process of its own load a package as a host would, and sees what that does to the process. */
export async function checkHost(
  { directory, missing }: StagedPackage,
  limits: ChildLimits,
  signal?: AbortSignal,
): Promise<HostCheck> {
  if (missing.length > 0) return refused([finding('error', 'package.json', notInstalled(missing))]);
  let loaded: { readonly ms: number; readonly incidents: readonly Incident[] } | undefined;
  let failure: string | undefined;
  const loss = await runChild(
    { directory },
    limits,
    (message) => {
      if (message.type === 'loaded') loaded = message;
      if (message.type === 'failed') failure = message.message;
    },
    signal,
  );
  if (failure !== undefined) return refused([finding('error', 'its code', failure)]);
  if (!loaded) return refused([finding('error', 'its code', lostInImport(loss!))]);
  const { ms, incidents } = loaded;
  const slow = ms > LOAD_MS ? [finding('warning', 'its code', tooSlow(ms))] : [];
  return { findings: slow, incidents, isLoaded: true, loadMs: ms };
}

const refused = (findings: readonly Finding[]): HostCheck => ({ findings, incidents: [], isLoaded: false });

const notInstalled = (missing: readonly string[]): string =>
  `It needs ${missing.join(', ')}, which ${missing.length > 1 ? 'are' : 'is'} not installed where this check looks, so ` +
  'its code was not run. Install the package into a project and check it there by its name.';

const lostInImport = ({ reason, log }: ChildLoss): string =>
  `It ${reason} while it was imported${lastWords(log)}. A module does nothing but define: move the work into a hook.`;

const tooSlow = (ms: number): string =>
  `Its import took ${(ms / 1000).toFixed(1)} s, and every command that uses it waits for that; ${LOAD_MS / 1000} s are ` +
  'much. Load what is large when it is used.';
