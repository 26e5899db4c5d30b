import { canonicalJson, ForetokenError } from '@foretoken/core';
import { type CellRecord, TRAINING } from '../run/cell-record.ts';
import { dig } from './results.ts';

/**
 * Refuses to put results together that read different contents under one configuration of the data: files were edited while
 * the matrix grew, and the arms would be compared on what they were not both trained on.
 *
 * A plan cannot tell, since that would take reading all data before anything runs.
 * @throws DATA_CHANGED naming a cell of either kind
 */
export function refuseMixedData(records: readonly CellRecord[], root: string): void {
  const first = new Map<string, CellRecord>();
  for (const record of records) {
    const { dataset, tokenizer } = record.experiment.data;
    const asked = canonicalJson([dataset, tokenizer]);
    const other = first.get(asked) ?? record;
    first.set(asked, other);
    if (contentsOf(record) === contentsOf(other)) continue;
    throw new ForetokenError(
      'DATA_CHANGED',
      `${root}: the data was edited between the trainings of two cells, ${other.id} (${contentsOf(other)}) and ${record.id} ` +
        `(${contentsOf(record)}), so they cannot be compared. Restore the data and remove the folder of the cell that read ` +
        'the other contents, with its training; or choose another "output" and run all on the data of now.',
    );
  }
}

const contentsOf = ({ results }: CellRecord): string => String(dig(results, TRAINING, 'data', 'contentHash'));
