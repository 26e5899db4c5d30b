import type { Dataset, DatasetListing } from '../../contracts/data.ts';
import type { Json } from '../../contracts/json.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import type { ContractCheck } from '../contract.ts';
import { type ContractSettings, definitionOf } from '../plugin-case.ts';
import { SAMPLE_FILES } from './sample-files.ts';

/** What a dataset is checked on. */
export interface DatasetContractSettings extends ContractSettings {
  /**
   * What lies in the folder of the configuration file, by path; the options find it there. Default: {@link SAMPLE_FILES}. A
   * dataset that reads no files needs none.
   */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A dataset under test. */
export interface DatasetCase extends GivenCase<'dataset'> {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

export type DatasetCheck = ContractCheck<DatasetCase>;

/** Registers a dataset to check it. */
export const openDatasetCase = (
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: DatasetContractSettings,
): DatasetCase => ({
  ...openGivenCase(plugin, { kind: 'dataset', name, options }, settings),
  files: settings.files ?? SAMPLE_FILES,
});

/** Makes the dataset as a run does: options checked, defaults filled in. */
export function makeDataset(of: DatasetCase, baseDirectory: string): Dataset {
  const { definition, options } = givenOf(of);
  return definition.create({ baseDirectory }, options);
}

/** Everything that a dataset lists and reads, made as the framework makes it: for what options change. */
export async function shownGuarded(of: DatasetCase, baseDirectory: string): Promise<string> {
  const { definition, options } = definitionOf(of, 'dataset');
  const dataset = definition.create({ baseDirectory }, options);
  const listing = await dataset.list();
  const texts = await Promise.all(listing.documents.map((document) => dataset.read(document)));
  return JSON.stringify([listing, texts.map((text) => Buffer.from(text).toString('latin1'))]);
}

/** JSON of a listing, to compare by. */
export const saidListing = (listing: DatasetListing): string => JSON.stringify(listing);
