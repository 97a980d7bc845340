// SPDX-License-Identifier: Apache-2.0
// Rule `matrix`: values that are there twice, exclusions that exclude nothing.
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

// The value as messages show it.
std::string Show(const Node& node) {
  if (node.IsScalar()) return fmt::format("\"{}\"", node.value);
  std::string out;
  for (const Node* item : node.items) out += (out.empty() ? "" : ", ") + Show(*item);
  if (node.IsSequence()) return "[" + out + "]";
  for (const auto& [key, value] : node.members)
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", key->value, Show(*value));
  return "{" + out + "}";
}

bool Same(const Node& left, const Node& right) {
  if (left.kind != right.kind) return false;
  if (left.IsScalar()) return left.value == right.value;
  if (left.IsSequence()) {
    return std::ranges::equal(left.items, right.items, [](const Node* a, const Node* b) { return Same(*a, *b); });
  }
  return left.members.size() == right.members.size() && std::ranges::all_of(left.members, [&](const NodePair& member) {
           const Node* other = right.Find(member.first->value);
           return other != nullptr && Same(*member.second, *other);
         });
}

// Whether `value` is what the filter asks for: mappings need only the filter's keys.
bool Fits(const Node& value, const Node& filter) {
  if (value.IsScalar() && HasExpressions(value.value)) return true;
  if (filter.IsScalar() && HasExpressions(filter.value)) return true;
  if (value.kind != filter.kind) return false;
  if (filter.IsMapping()) {
    return std::ranges::all_of(filter.members, [&](const NodePair& member) {
      const Node* other = value.Find(member.first->value);
      return other != nullptr && Fits(*other, *member.second);
    });
  }
  if (filter.IsSequence()) {
    return std::ranges::equal(value.items, filter.items, [](const Node* a, const Node* b) { return Fits(*a, *b); });
  }
  return value.value == filter.value;
}

void CheckDuplicates(const std::pair<Entry, std::vector<const Node*>>& row, Report& report) {
  const auto& [entry, values] = row;
  for (std::size_t i = 1; i < values.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      if (!Same(*values[i], *values[before])) continue;
      report.Add(*values[i], "matrix",
                 fmt::format("The value {} is there twice in \"{}\" of the matrix; the first is at line {}, column {}.",
                             Show(*values[i]), entry.key->value, values[before]->line, values[before]->column));
      break;
    }
  }
}

// All the values that a key of the matrix can have, or nothing when an expression may give more.
std::optional<std::vector<const Node*>> ValuesOf(const MatrixNode& matrix, const std::string& id) {
  std::vector<const Node*> values;
  if (matrix.row_expressions.contains(id)) return std::nullopt;
  for (const auto& [entry, row] : matrix.rows) {
    if (entry.id == id) values.insert(values.end(), row.begin(), row.end());
  }
  if (matrix.include != nullptr) {
    for (const Node* item : matrix.include->items) {
      if (item->IsScalar()) return std::nullopt;
      for (const auto& [key, value] : item->members) {
        if (Lower(key->value) == id) values.push_back(value);
      }
    }
  }
  return values;
}

void CheckExclude(const MatrixNode& matrix, Report& report) {
  const bool open = matrix.include != nullptr &&
                    (matrix.include->IsScalar() ||
                     std::ranges::any_of(matrix.include->items, [](const Node* item) { return item->IsScalar(); }));
  if (open) return;
  for (const Node* item : matrix.exclude->items) {
    for (const auto& [key, value] : item->members) {
      if (HasExpressions(key->value)) continue;
      const std::optional<std::vector<const Node*>> values = ValuesOf(matrix, Lower(key->value));
      if (!values.has_value()) continue;
      if (values->empty()) {
        report.Add(*key, "matrix", fmt::format("The matrix has no \"{}\" to exclude.", key->value));
        continue;
      }
      if (std::ranges::any_of(*values, [&](const Node* each) { return Fits(*each, *value); })) continue;
      std::string shown;
      for (const Node* each : *values) shown += (shown.empty() ? "" : ", ") + Show(*each);
      report.Add(*value, "matrix",
                 fmt::format("{} excludes nothing: \"{}\" of the matrix is one of {}.", Show(*value), key->value, shown));
    }
  }
}

}  // namespace

void CheckMatrices(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    if (!job.matrix.has_value()) continue;
    for (const auto& row : job.matrix->rows) CheckDuplicates(row, report);
    if (job.matrix->exclude == nullptr || job.matrix->exclude->IsScalar()) continue;
    if (job.matrix->rows.empty() && (job.matrix->include == nullptr || job.matrix->include->items.empty())) {
      report.Add(*job.matrix->exclude, "matrix", "There is an \"exclude\" and nothing to exclude from.");
      continue;
    }
    CheckExclude(*job.matrix, report);
  }
}

}  // namespace tuesday::workflow::lint
