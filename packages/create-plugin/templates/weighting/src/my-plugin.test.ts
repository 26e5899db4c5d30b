import { describeWeightingContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeWeightingContract(plugin, 'my-plugin', {
  power: 0.5,
});
