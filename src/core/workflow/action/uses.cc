// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/action/uses.h"

#include <algorithm>
#include <variant>

#include "core/workflow/action/action.h"

namespace tuesday::workflow {
namespace {

void Add(const std::vector<std::string>& more, std::vector<std::string>& all) {
  for (const std::string& one : more) {
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
}

// The ids and those of the jobs that they need, as often as something is added.
std::set<std::string> WithNeeds(const std::vector<Job>& jobs, std::set<std::string> ids) {
  for (std::size_t before = 0; before != ids.size();) {
    before = ids.size();
    for (const Job& job : jobs) {
      if (!ids.contains(job.id.text)) continue;
      for (const Token& need : job.needs) ids.insert(need.text);
    }
  }
  return ids;
}

}  // namespace

std::vector<std::string> UsesOf(const std::vector<Step>& steps) {
  std::vector<std::string> all;
  for (const Step& step : steps) {
    if (step.uses.has_value()) Add({step.uses->text}, all);
    Add(UsesOf(step.parallel), all);
  }
  return all;
}

std::vector<std::string> UsesOf(const std::vector<Job>& jobs, const std::set<std::string>& ids) {
  const std::set<std::string> wanted = WithNeeds(jobs, ids);
  std::vector<std::string> all;
  for (const Job& job : jobs) {
    if (!wanted.empty() && !wanted.contains(job.id.text)) continue;
    Add(UsesOf(job.steps), all);
    Add(UsesOf(job.jobs, {}), all);
  }
  return all;
}

std::vector<std::string> UsesOfDefinition(const std::string& definition, std::string_view within) {
  const ReadActionResult read = ReadActionFile(definition, "action.yml");
  const auto* composite = std::get_if<CompositeRuns>(&read.action.runs);
  if (!read.problems.empty() || composite == nullptr) return {};
  std::vector<std::string> all;
  for (const std::string& one : UsesOf(composite->steps)) all.push_back(UsesWithin(within, one));
  return all;
}

std::string UsesWithin(std::string_view within, std::string_view uses) {
  const bool is_own = uses.starts_with("$/") && !within.starts_with("./") && !within.starts_with("$/");
  const std::size_t sign = within.find('@');
  const std::size_t owner = within.find('/');
  if (!is_own || sign == std::string_view::npos || owner == std::string_view::npos || owner > sign) return std::string(uses);
  const std::size_t repository = std::min(within.find('/', owner + 1), sign);
  return std::string(within.substr(0, repository)) + std::string(uses.substr(1)) + std::string(within.substr(sign));
}

}  // namespace tuesday::workflow
