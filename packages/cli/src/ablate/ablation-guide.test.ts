import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createForetokenHost, planAblation } from '@foretoken/ablation';
import type { Engine } from '@foretoken/engine';
import { expect, it } from 'vitest';

it('the guide’s matrix is one, of as many arms as it says', async () => {
  const guide = readFileSync(new URL('../../../../docs/guide/ablation.md', import.meta.url), 'utf8');
  const [, matrix] = /```yaml\n(name: [\s\S]*?)```/.exec(guide) ?? [];
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-guide-'));
  const host = await createForetokenHost({ openEngine: async () => ({ fingerprint: 'none' }) as Engine });
  try {
    writeFileSync(path.join(folder, 'ablation.yaml'), matrix);
    writeFileSync(path.join(folder, 'experiment.yaml'), "data: { dataset: { name: text-files, include: ['*.txt'] } }");
    const { arms, cells } = await planAblation(path.join(folder, 'ablation.yaml'), host);
    const [small, large] = ['layers=6 learningRate=0.001', 'layers=8 learningRate=0.0005'];
    expect(arms).toEqual([
      'n=1',
      ...[2, 4].flatMap((n) => [small, large].map((size) => `head=parallel, horizon=${n}, ${size}`)),
      `head=linear, ${small}`,
      `head=linear, ${large}`,
      ...[2, 4].map((n) => `head=medusa, horizon=${n}, ${small}`),
    ]);
    expect(guide).toContain('Nine arms of three seeds');
    expect(cells).toHaveLength(27);
  } finally {
    await host.dispose();
    rmSync(folder, { recursive: true });
  }
});
