// SPDX-License-Identifier: Apache-2.0
// What is right by the schema and cannot do what its author meant: thresholds that contradict each other, limits that nothing
// reaches, steps that change nothing. Pure; findings come in the order of the objects.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "core/manifest/check.h"

namespace tuesday::lint {

// Everything that the rules of group kMeaning have to say about Rollouts and analysis templates. What CheckObjects says is not
// repeated.
std::vector<Finding> LintObjects(std::span<const manifest::Object> objects, const manifest::CheckContext& context = {});

// The first action of a Helm template (`{{ .Values.x }}`, `{{- if`); an empty list for a text that has none. Such a file must
// be rendered first, and nothing else of it is looked at.
std::vector<Finding> FindTemplateLanguage(std::string_view text, std::string_view file);

}  // namespace tuesday::lint
