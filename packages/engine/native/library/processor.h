#pragma once
#include <string>
#include <vector>

#include "simd/table.h"

namespace foretoken {

/// The table in use: at first the widest that this processor has and that passes `agrees_with_scalar`.
const SimdTable& simd();

/// Instruction sets of this binary that this processor can run, widest first.
std::vector<std::string> instruction_sets();

/// Switches to another set of `instruction_sets()`. @return false if there is none of that name
bool use_instruction_set(const std::string& name);

/// Whether a table multiplies as plain loops do: a guard against a processor or compiler that does not do as it says.
bool agrees_with_scalar(const SimdTable& table);

}  // namespace foretoken
