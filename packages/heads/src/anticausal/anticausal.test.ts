import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import anticausal from './anticausal.ts';

describeHeadContract(anticausal, 'anticausal');
describeHeadContract(anticausal, 'anticausal', { blocks: 2 });
describeHeadContract(anticausal, 'anticausal', {}, { horizon: 1 });
describeReference(anticausal, 'anticausal');
