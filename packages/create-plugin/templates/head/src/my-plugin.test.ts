import { describeHeadContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeHeadContract(plugin, 'my-plugin', {
  rank: 2,
});
