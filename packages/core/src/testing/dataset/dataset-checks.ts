import type { Contract } from '../contract.ts';
import { optionsAreChecked } from '../options/option-checks.ts';
import { optionsAct } from '../options/option-forms.ts';
import { isByCode, worksOrRefuses } from '../options/works-or-refuses.ts';
import { type DatasetCase, type DatasetContractSettings, openDatasetCase, shownGuarded } from './dataset-case.ts';
import { holdsOut, listsDocuments } from './listing.ts';
import { readsInAnyOrder, readsWhatItLists, refusesOthers } from './reading.ts';
import { listsTheSame, writesNothing } from './same-listing.ts';
import { withFolders } from './sample-files.ts';

const shown = (of: DatasetCase): Promise<string> => withFolders(of.files, ({ base }) => shownGuarded(of, base));

/** Options that find nothing are refused by the data's codes: that is what they do. */
const shownOrRefused = (of: DatasetCase): Promise<string> =>
  shown(of).catch((error: Error & { readonly code?: string }) => {
    if (isByCode(error) && error.code !== 'OPTIONS_INVALID') return `${error.code}`;
    throw error;
  });

/** The contract of datasets. */
export const datasetContract: Contract<DatasetCase, DatasetContractSettings> = {
  kind: 'dataset',
  checks: [
    optionsAreChecked,
    worksOrRefuses(shown),
    optionsAct(shownOrRefused, 'neither what is listed nor what is read', 'describeDatasetContract'),
    listsDocuments,
    holdsOut,
    readsWhatItLists,
    listsTheSame,
    readsInAnyOrder,
    refusesOthers,
    writesNothing,
  ],
  open: openDatasetCase,
};
