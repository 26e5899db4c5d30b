import { expect, it } from 'vitest';
import { reportMarkdown } from './markdown.ts';
import { NO_SANDBOX, type PluginReport, sectionOf } from './report.ts';

const finding = {
  section: 'code',
  severity: 'warning',
  where: 'a`b.js:1',
  sentence: 'It <b>does</b> | this.\n# x',
} as const;
const report: PluginReport = {
  package: 'evil<script>',
  version: '1.0.0',
  origin: { kind: 'tarball', path: '/x.tgz' },
  ok: true,
  foretoken: '0.1.0',
  api: 1,
  node: '20.19.0',
  platform: 'linux x64',
  engines: ['cpu'],
  provides: [{ kind: 'head', name: 'echo' }],
  sections: [sectionOf('code', [finding], { summary: 'read' }), sectionOf('contracts', [], { notRun: 'not run' })],
  suites: [
    {
      kind: 'head',
      name: 'echo',
      engine: 'cpu',
      options: { rank: 2 },
      settings: { horizon: 2 },
      passed: 19,
      total: 20,
      seconds: 1,
      peakBytes: 1,
      checks: [],
    },
  ],
};

it('says what was checked on what, what passed, what deviates and what is not promised', () => {
  const lines = reportMarkdown(report).split('\n');
  expect(lines).toContain('By `foretoken plugin check` 0.1.0 (plugin API 1), on Node 20.19.0, linux x64.');
  expect(lines).toContain('| ! | code | read |');
  expect(lines).toContain('| – | contracts | not run |');
  expect(lines).toContain('| head | echo | rank 2, horizon 2 | cpu | 19 of 20 |');
  expect(lines).toContain(NO_SANDBOX);
});

it('keeps what a package says from becoming markup, or a line of its own', () => {
  const lines = reportMarkdown(report).split('\n');
  expect(lines[0]).toBe('## Checked: evil\\<script\\> 1.0.0');
  expect(lines).toContain("- **warning** `a'b.js:1`: It \\<b\\>does\\</b\\> \\| this. # x");
});

it('says so where nothing deviates', () => {
  expect(reportMarkdown({ ...report, sections: [] })).toContain('No deviations.');
});
