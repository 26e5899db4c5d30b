import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import causal from './causal.ts';

describeHeadContract(causal, 'causal');
describeHeadContract(causal, 'causal', { blocks: 2 });
describeHeadContract(causal, 'causal', {}, { horizon: 1 });
describeReference(causal, 'causal');
