import { writeFileAtomic } from '@foretoken/core';
import { ablationPaths } from '../run/ablation-store.ts';
import { reportMarkdown } from './markdown.ts';
import { reportPage } from './page/page.ts';
import { readReportData } from './report-data.ts';

/** Where a report was written. */
export interface WrittenReport {
  readonly html: string;
  readonly markdown: string;
}

/**
 * Writes `report.html` and `report.md` anew from what the folder of an ablation holds. The same folder gives the same
 * files, to the byte.
 * @throws RUN_NOT_FOUND if it holds no finished ablation; FILE_CORRUPT, FORMAT_VERSION, FILE_WRITE, DISK_FULL
 */
export async function writeReport(directory: string): Promise<WrittenReport> {
  const { reportHtml: page, reportMarkdown: markdown } = ablationPaths(directory);
  const data = await readReportData(directory);
  await writeFileAtomic(page, await reportPage(data));
  await writeFileAtomic(markdown, reportMarkdown(data));
  return { html: page, markdown };
}
