import type { Finding } from './finding.ts';
import { NO_SANDBOX, type PluginReport, type Section } from './report.ts';

const SIGNS: Readonly<Record<Section['state'], string>> = {
  passed: '✓',
  warned: '!',
  failed: '✗',
  'not run': '–',
};

/** A report that an author can put into a README: what was checked, on what, and what it deviates in. */
export function reportMarkdown(report: PluginReport): string {
  const { foretoken, api, node, platform, sections, suites } = report;
  const deviations = sections.flatMap(({ findings }) => findings);
  return [
    `## Checked: ${escaped(`${report.package} ${report.version}`)}`,
    '',
    `By \`foretoken plugin check\` ${foretoken} (plugin API ${api}), on Node ${node}, ${platform}.`,
    '',
    '| | part | result |',
    '|---|---|---|',
    ...sections.map(({ state, title, summary }) => `| ${SIGNS[state]} | ${title} | ${escaped(summary)} |`),
    '',
    ...(suites.length > 0 ? [...suiteTable(suites), ''] : []),
    ...(deviations.length > 0 ? ['### Deviations', '', ...deviations.map(deviation), ''] : ['No deviations.', '']),
    `${NO_SANDBOX}`,
    '',
  ].join('\n');
}

function suiteTable(suites: PluginReport['suites']): readonly string[] {
  const rows = suites.map(({ kind, name, engine, options, settings, passed, total }) => {
    const chosen = [...Object.entries(options), ...Object.entries(settings)];
    const given = chosen.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ') || 'defaults';
    return `| ${kind} | ${escaped(name)} | ${escaped(given)} | ${engine} | ${passed} of ${total} |`;
  });
  return ['| kind | name | options | engine | contract checks passed |', '|---|---|---|---|---|', ...rows];
}

const deviation = ({ severity, where, sentence }: Finding): string =>
  `- **${severity}** \`${where.replaceAll('`', "'")}\`: ${escaped(sentence)}`;

/** Text of a package on one line, as text: its names and errors never become markup. */
const escaped = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|<>*_[\]]/g, (mark) => `\\${mark}`);
