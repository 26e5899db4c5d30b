import { describeDecoderContract } from '@foretoken/core/testing';
import blockwise from './blockwise.ts';

describeDecoderContract(blockwise, 'blockwise');
