import { describeTokenizerContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeTokenizerContract(plugin, 'my-plugin', {
  pairs: ['th', 'he'],
});
