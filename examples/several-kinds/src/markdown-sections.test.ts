import { describeDatasetContract } from '@foretoken/core/testing';
import markdownSections from './markdown-sections.ts';

const page = (name: string) => `# ${name}\n\nWhat ${name} is.\n\n## Why\n\nBecause of ${name}.\n\n## Licence\n\nMIT\n`;

describeDatasetContract(
  markdownSections,
  'markdown-sections',
  { folder: 'docs' },
  {
    files: {
      ...Object.fromEntries(['größe', 'Trunk', 'head', 'a', 'Z'].map((name) => [`docs/${name}.md`, page(name)])),
      'docs/notes.txt': 'no Markdown',
      'one.md': '# Another folder',
      'two.md': '# And its second file',
    },
  },
);
