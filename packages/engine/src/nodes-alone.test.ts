import { expect, test, vi } from 'vitest';

vi.mock('../tfjs/index.mjs', () => {
  throw new Error('the tensor library was loaded');
});

test('nodes and errors load without the tensor library, the ops do not', async () => {
  const [{ chainNodes }, { ERROR_CODES }] = await Promise.all([import('./nodes.ts'), import('./errors.ts')]);
  expect(chainNodes(1, 2).parent_BT).toHaveLength(2);
  expect(ERROR_CODES).toHaveProperty('SHAPE_MISMATCH');
  await expect(import('./tensor.ts')).rejects.toThrow();
});
