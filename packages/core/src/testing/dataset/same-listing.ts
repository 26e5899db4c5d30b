import { inWorld, WORLDS } from '../chance-and-time.ts';
import { broken } from '../contract.ts';
import { type DatasetCase, type DatasetCheck, makeDataset, saidListing } from './dataset-case.ts';
import { inReversedFolders } from './folder-order.ts';
import { contentsOf, type SampleFolders, withFolders } from './sample-files.ts';

/** Two machines with the same files must train on the same corpus, and hold out the same documents. */
export const listsTheSame: DatasetCheck = {
  title:
    'lists the same for the same files: again, in another folder, whatever order folders are listed in, at any time',
  run: (of) =>
    withFolders(of.files, async (folders) => {
      const first = saidListing(await makeDataset(of, folders.base).list());
      for (const [what, list] of Object.entries(listings(of, folders))) {
        const other = saidListing(await list());
        if (other === first) continue;
        throw broken(of, `the listing is another one ${what}: ${partedAt(other, first)}. ${MEND}`);
      }
    }),
};

const MEND =
  'Sort by code unit (`a < b`), not by locale; split by a hash of the id, neither by chance nor by place; take relative ' +
  'paths from `baseDirectory`, and keep it out of ids.';

function listings(of: DatasetCase, { base, other }: SampleFolders): Record<string, () => Promise<never>> {
  const list = (folder: string) => makeDataset(of, folder).list() as Promise<never>;
  const shared = makeDataset(of, base);
  return {
    'when it is asked again': async () => {
      await shared.list();
      return (await shared.list()) as never;
    },
    'where chance and time are others': () => inWorld(WORLDS[1], () => list(base)),
    'where folders are listed backwards': () => inReversedFolders(() => list(base)),
    'where the process works in another folder': () => inFolder(other, () => list(base)),
    'where the same files lie in another folder, written in another order': () => list(other),
  };
}

/** The process's folder, as `process.cwd` tells it: what resolves a relative path asks it. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd;
  process.cwd = () => folder;
  try {
    return await work();
  } finally {
    process.cwd = before;
  }
}

/** The first characters in which two listings differ. */
function partedAt(got: string, want: string): string {
  const at = [...got].findIndex((character, i) => character !== want[i]);
  const from = Math.max(0, at - 30);
  return `...${got.slice(from, at + 60)}... in place of ...${want.slice(from, at + 60)}...`;
}

/** A corpus is somebody's own folder, and may be read-only. */
export const writesNothing: DatasetCheck = {
  title: 'writes nothing into the base directory',
  run: (of) =>
    withFolders(of.files, async ({ base }) => {
      const before = contentsOf(base);
      const dataset = makeDataset(of, base);
      for (const document of (await dataset.list()).documents) await dataset.read(document);
      if (contentsOf(base) === before) return;
      throw broken(
        of,
        'files in the base directory changed. Keep what it remembers in memory: tokens are kept elsewhere.',
      );
    }),
};
