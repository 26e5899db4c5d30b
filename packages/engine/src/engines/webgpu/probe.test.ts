import { expect, test } from 'vitest';
import { fakePackages } from '../../testing/fake-packages.fixture.ts';
import { findInstalled } from '../installed.ts';
import { probeGpu } from './probe.ts';

/** Probes a package `webgpu` whose `requestAdapter` does this. */
function probe(requestAdapter: string) {
  const main = `export const create = () => ({ requestAdapter: async () => { ${requestAdapter} } });`;
  const tree = fakePackages({ webgpu: { version: '0.6.2', main, type: 'module' } });
  const [dawn] = findInstalled('webgpu', [tree]);
  return probeGpu({ dawn, backend: dawn });
}

test('a GPU is described by what Dawn says of it', async () => {
  const info = { vendor: 'acme', architecture: 'x1', device: '', description: 'Acme X1', isFallbackAdapter: true };
  expect(await probe(`console.log('noise'); return { info: ${JSON.stringify(info)} };`)).toEqual({ info });
});

test('no GPU: what Dawn printed is the reason, and the next step is named', async () => {
  const said = "console.error('Warning: no Vulkan here\\n    at somewhere'); return null;";
  const reason = 'Dawn finds no GPU (no Vulkan here); install the GPU’s Vulkan driver and the Vulkan loader';
  expect(await probe(said)).toEqual({ reason });
  expect(await probe('return null;')).toEqual({ reason: reason.replace(' (no Vulkan here)', '') });
});

test('a driver that takes its process down does not take this one', async () => {
  expect(await probe('process.abort();')).toEqual({
    reason: 'Dawn was asked for a GPU in a process of its own, and it ended by SIGABRT',
  });
});
