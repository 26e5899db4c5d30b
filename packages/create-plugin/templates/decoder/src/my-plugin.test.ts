import { describeDecoderContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeDecoderContract(plugin, 'my-plugin', {
  tokens: 3,
});
