import { bytes, counted, grouped } from '../numbers.ts';
import type { ArmConfig, DataSummary, ReportData } from '../report-data.ts';
import { html, type Markup } from './markup.ts';

/** How every arm was made, and with what. */
export function provenanceSection({ configs, plan, data }: ReportData): Markup {
  return html`<dl>
<dt>Command</dt><dd><code>foretoken ablate ${plan.file}</code> <span class="note">(from the folder of this report)</span></dd>
<dt>Engines</dt><dd>${Object.entries(plan.engines).map(([name, fingerprint]) => html`${name}: ${fingerprint} `)}</dd>
<dt>Machine</dt><dd>${plan.machine.cpu}, ${counted(plan.machine.cores, 'core')}, ${plan.machine.platform}, Node ${plan.machine.node}</dd>
<dt>Packages</dt><dd>${packagesOf(configs).map(([name, version], i) => html`${i === 0 ? '' : ', '}${name} ${version}`)}</dd>
${data && dataRows(data)}
</dl>
<h3>Configuration of each arm</h3>
${configs.map((config) => armConfig(config, config === configs[0]))}`;
}

function dataRows({ contentHash, train, validation, skipped }: DataSummary): Markup {
  const split = ({ documents, bytes: size }: DataSummary['train']) =>
    `${counted(documents, 'document')}, ${bytes(size)}`;
  return html`<dt>Training text</dt><dd>${split(train)}</dd>
<dt>Held-out text</dt><dd>${split(validation)}</dd>
<dt>Left out</dt><dd>${grouped(skipped)} <span class="note">(empty, binary or duplicate)</span></dd>
<dt>Content hash</dt><dd><code>${contentHash}</code></dd>`;
}

function armConfig({ arm, seeds, experiment, cells, changes }: ArmConfig, isBaseline: boolean): Markup {
  const same = isBaseline ? 'the baseline' : 'as the baseline';
  const what = changes.length === 0 ? same : changes.map(({ path, own }) => `${path} = ${own}`).join('; ');
  return html`<details><summary>${arm} <span class="what">– ${what}</span></summary>
<p class="note">${counted(seeds.length, 'seed')} (${seeds.join(', ')}), cells ${cells.map((id, i) => html`${i === 0 ? '' : ', '}<code>${id}</code>`)}. The seed below is the first.</p>
<pre tabindex="0" aria-label="Configuration of ${arm}">${JSON.stringify(experiment, null, 2)}</pre>
</details>`;
}

function packagesOf(configs: readonly ArmConfig[]): [string, string][] {
  return Object.entries(Object.assign({}, ...configs.map(({ packages }) => packages))) as [string, string][];
}
