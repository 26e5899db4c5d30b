import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import type { DatasetContractSettings } from './dataset/dataset-case.ts';
import { datasetContract } from './dataset/dataset-checks.ts';
import { describeContract } from './describe-contract.ts';

/**
 * The contract of datasets as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeDatasetContract(markdown, 'markdown', { include: ['texts/*.txt'] });
 * ```
 * It writes files into a folder of its own and checks each rule: options are refused or act, documents are listed once and
 * split, the bytes read are those listed, the same files give the same listing anywhere, reading goes in any order, what is
 * not listed is refused, nothing is written.
 *
 * @param plugin - the dataset, or the bundle that provides it
 * @param name - the dataset's name
 * @param options - options that find documents in the files of the settings; defaults fill the rest
 * @param settings - by default there are text files in `texts/` and lines in `rows.jsonl`
 */
export function describeDatasetContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: DatasetContractSettings = {},
): void {
  describeContract(datasetContract, plugin, name, options, settings);
}
