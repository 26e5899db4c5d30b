import { bytesTokenizer } from './data/bytes-tokenizer.ts';
import { jsonlDataset } from './data/jsonl-dataset.ts';
import { textFilesDataset } from './data/text-files-dataset.ts';
import { definePlugin } from './plugins/define.ts';

/** The tokenizers and datasets that come with core, as any package would provide them. */
export default definePlugin({ provides: [bytesTokenizer, textFilesDataset, jsonlDataset] });
