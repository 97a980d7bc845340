// SPDX-License-Identifier: Apache-2.0
// What every action does to be heard: reads inputs from its environment, writes outputs and state to its files, tells errors by
// workflow commands.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::actions {

// Trimmed, empty when it is not given. The name is as in the metadata.
std::string Input(std::string_view name);

// kInvalid when it is neither true nor false, in any of YAML's three spellings. Not given is false.
Result<bool> InputFlag(std::string_view name);

void SetOutput(std::string_view name, std::string_view value);
void SaveState(std::string_view name, std::string_view value);
std::string SavedState(std::string_view name);
// For the steps that follow; an empty value stays as an empty variable.
void ExportVariable(std::string_view name, std::string_view value);
// No log of the job shows it from now on.
void Mask(std::string_view value);
void AddPath(std::string_view path);
void Warn(std::string_view message);
void Notice(std::string_view message);

// Prints an `::error::` and gives the exit code of a failed step.
int FailStep(const Error& error);

std::string Environment(std::string_view name);

}  // namespace tuesday::actions
