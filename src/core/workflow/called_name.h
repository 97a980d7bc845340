// SPDX-License-Identifier: Apache-2.0
// How the files of a run are named: a path of its own repository, or "owner/repo/path@ref" of another one. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tuesday::workflow {

// Whether a name is of another repository.
bool IsElsewhere(std::string_view name);

// The name of the file that `caller` calls by `ref`: "./path" and "$/path" are of the caller's own repository, at the caller's
// ref. A path that leads out of it begins with "..".
std::string CalledName(std::string_view caller, std::string_view ref);

}  // namespace tuesday::workflow
