// SPDX-License-Identifier: Apache-2.0
// Where a log says what went wrong.
#pragma once

#include <string>
#include <string_view>

namespace tuesday::workflow {

// The line of a step's log that tells why it failed: the first that was marked as an error; else the first that speaks as
// errors do; else the last before the exit code. Without its timestamp and marks; empty when the log says nothing.
std::string FirstErrorLine(std::string_view log);

// The line without the time at its begin.
std::string_view WithoutTime(std::string_view line);

}  // namespace tuesday::workflow
