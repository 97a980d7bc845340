// SPDX-License-Identifier: Apache-2.0
// Any bytes may be given as a workflow or an action: reader and linter end, and what the linter finds no error in the reader
// takes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/workflow/action/action.h"
#include "core/workflow/lint/lint.h"
#include "core/workflow/matrix.h"
#include "core/workflow/read.h"
#include "core/workflow/trigger/trigger.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tuesday;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const workflow::ReadResult read = workflow::ReadWorkflow(text, "w.yml", {});
  if (read.workflow.on.has_value()) (void)workflow::ReadTriggers(*read.workflow.on);
  if (!HasErrors(workflow::lint::LintWorkflow(text, "w.yml")) && !read.problems.empty()) std::abort();
  const workflow::ReadActionResult action = workflow::ReadActionFile(text, "action.yml");
  if (!HasErrors(workflow::lint::LintAction(text, "action.yml", "")) && !action.problems.empty()) std::abort();
  return 0;
}
