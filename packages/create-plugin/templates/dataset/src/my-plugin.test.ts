import { describeDatasetContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

// Files that the suite brings.
describeDatasetContract(plugin, 'my-plugin', {
  files: ['rows.jsonl', 'more/rows.jsonl'],
  separator: '\n',
  validation: 0.3,
});
