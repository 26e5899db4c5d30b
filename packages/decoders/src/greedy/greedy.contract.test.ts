import { describeDecoderContract } from '@foretoken/core/testing';
import greedy from './greedy.ts';

describeDecoderContract(greedy, 'greedy');
