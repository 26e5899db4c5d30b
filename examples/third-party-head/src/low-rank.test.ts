import { describeHeadContract } from '@foretoken/core/testing';
import lowRank from './low-rank.ts';

describeHeadContract(lowRank, 'low-rank', { rank: 2 });
