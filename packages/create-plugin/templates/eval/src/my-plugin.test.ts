import { describeEvalContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeEvalContract(plugin, 'my-plugin', {
  share: 0.1,
  windows: 4,
});
