// SPDX-License-Identifier: Apache-2.0
// The YAML that nearly all workflows are written in, several times as fast as libyaml scans it: block mappings and sequences,
// texts on one line, literal blocks, short lists in brackets, comments; all in ASCII. An internal header of this folder.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/workflow/yaml/events.h"

namespace tuesday::workflow {

// The events that libyaml would give, place by place; nothing for a text with anything else in it, right or wrong. A test holds
// the two together.
std::optional<std::vector<YamlEvent>> ScanPlainYaml(std::string_view text);

}  // namespace tuesday::workflow
