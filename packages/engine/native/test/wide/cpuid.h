// Stands in for <cpuid.h> where wide inner loops are emulated: a processor that has every feature.
#pragma once
#include_next <cpuid.h>

static inline int ft_every_feature(unsigned, unsigned, unsigned* a, unsigned* b, unsigned* c, unsigned* d) {
  *a = *b = *c = *d = ~0u;
  return 1;
}

#define __get_cpuid_count ft_every_feature
