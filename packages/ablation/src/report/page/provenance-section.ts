import { bytes, counted, grouped } from '../numbers.ts';
import type { ArmConfig, DataSummary, ReportData } from '../report-data.ts';
import { html, longText, type Markup } from './markup.ts';
import { configId } from './verdict-section.ts';

/** How every arm was made, and with what. */
export function provenanceSection({ configs, plan, data, rows }: ReportData): Markup {
  return html`<dl>
<dt>Command</dt><dd><code>foretoken ablate ${plan.file}</code> <span class="note">(from the folder of this report)</span></dd>
<dt>Engines</dt><dd>${Object.entries(plan.engines).map(([name, fingerprint]) => html`${name}: ${fingerprint} `)}</dd>
<dt>Machine</dt><dd>${plan.machine.cpu}, ${counted(plan.machine.cores, 'core')}, ${plan.machine.platform}, Node ${plan.machine.node}</dd>
<dt>Packages</dt><dd>${packagesOf(configs).map(([name, version], i) => html`${i === 0 ? '' : ', '}${name} ${version}`)}</dd>
${data && dataRows(data)}
</dl>
<h3>Configuration of each arm</h3>
${configs.map((config) =>
  armConfig(config, { index: rows.findIndex(({ arm }) => arm === config.arm), file: plan.file, engines: plan.engines }),
)}`;
}

function dataRows({ contentHash, train, validation, skipped }: DataSummary): Markup {
  const split = ({ documents, bytes: size }: DataSummary['train']) =>
    `${counted(documents, 'document')}, ${bytes(size)}`;
  return html`<dt>Training text</dt><dd>${split(train)}</dd>
<dt>Held-out text</dt><dd>${split(validation)}</dd>
<dt>Left out</dt><dd>${grouped(skipped)} <span class="note">(empty, binary or duplicate)</span></dd>
<dt>Content hash</dt><dd><code>${contentHash}</code></dd>`;
}

/** What the configuration of an arm does not say itself. */
interface ArmContext {
  readonly index: number;
  readonly file: string;
  readonly engines: ReportData['plan']['engines'];
}

/** Inside of what is closed stands the place that the arm's name leads to: browsers open it for that. */
function armConfig(
  { arm, seeds, experiment, cells, changes, packages }: ArmConfig,
  { index, file, engines }: ArmContext,
): Markup {
  const same = index === 0 ? 'the baseline' : 'as the baseline';
  const what = changes.length === 0 ? same : changes.map(({ path, own }) => `${path} = ${own}`).join('; ');
  const { name: engine } = experiment.engine;
  return html`<details><summary>${arm} <span class="what">– ${what}</span></summary>
<dl id="${configId(index)}" tabindex="-1">
<dt>Command</dt><dd><code>foretoken ablate ${file}</code></dd>
<dt>Packages</dt><dd>${listed(Object.entries(packages).map((one) => one.join(' ')))}</dd>
<dt>Engine</dt><dd>${engines[engine] ?? engine}</dd>
<dt>Cells</dt><dd>${seeds.map((seed, i) => html`${i === 0 ? '' : ', '}seed ${seed}: <code>${cells[i]}</code>`)}</dd>
</dl>
<p class="note">The configuration of seed ${seeds[0]}; other seeds differ in the seed alone.</p>
<pre tabindex="0" aria-label="Configuration of ${arm}">${longText(JSON.stringify(experiment, null, '\t'))}</pre>
</details>`;
}

const listed = (texts: readonly string[]): string => texts.join(', ');

function packagesOf(configs: readonly ArmConfig[]): [string, string][] {
  return Object.entries(Object.assign({}, ...configs.map(({ packages }) => packages))) as [string, string][];
}
