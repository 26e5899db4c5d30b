// The same values in other places, on all threads.
#pragma once
#include "strided.h"
#include "types.h"

namespace foretoken {

/// Copies values; the first steps are those of `from`, the second those of `to`. The innermost axis of `to` has step 1 where
/// this is to be fast.
void rearrange(Type type, const Strided<2>& axes, const void* from, void* to);

}  // namespace foretoken
