import { describeHorizonScheduleContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeHorizonScheduleContract(plugin, 'my-plugin', {
  power: 2,
});
