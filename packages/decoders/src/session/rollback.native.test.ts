import { listEngines } from '@foretoken/engine';
import { test } from 'vitest';
import { describeRollback } from './describe-rollback.fixture.ts';

const native = (await listEngines()).find(({ name }) => name === 'native')!;
const isAsked = process.env.FORETOKEN_TEST_ENGINES?.split(',').includes('native') ?? false;

if (native.available || isAsked) describeRollback('native', 20);
else test.skip(`the native engine cannot run here: ${native.detail}`, () => {});
