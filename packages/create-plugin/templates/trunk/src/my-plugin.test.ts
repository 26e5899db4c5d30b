import { describeTrunkContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeTrunkContract(plugin, 'my-plugin', {
  width: 8,
  layers: 2,
  mlpWidth: 6,
  attentionHeads: 2,
});
