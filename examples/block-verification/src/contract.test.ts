import { describeAcceptanceRuleContract, describeDecoderContract } from '@foretoken/core/testing';
import plugin from './index.ts';

describeDecoderContract(plugin, 'merged', { minNgram: 1 });
describeAcceptanceRuleContract(plugin, 'block-verification');
