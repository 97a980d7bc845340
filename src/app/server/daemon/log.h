// SPDX-License-Identifier: Apache-2.0
// The daemon's log: one line an event, for people or as one JSON object. A secret in a line is masked, wherever it came from.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/config.h"

namespace tuesday::server {

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// From now on, all of spdlog's lines go to standard error in this form. From any thread.
void SetLog(config::LogLevel level, config::LogFormat format);

// A line with named values: `message key=value` or members of the object.
void Say(config::LogLevel level, std::string_view message, const LogFields& fields);

// One line as it is written; `fielded` is a message as Say hands it on. For tests.
std::string LogLine(config::LogFormat format, std::string_view time, std::string_view level, std::string_view fielded);

}  // namespace tuesday::server
