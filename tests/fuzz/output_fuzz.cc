// SPDX-License-Identifier: Apache-2.0
// Any bytes may be a step's output, the files that it leaves, or a file of matchers: the first line is a secret, what follows
// up to a NUL a file of matchers, the rest output. The secret never shows, lines are whole and not too long, and pieces give
// the same as the whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/expression/value/text.h"
#include "core/workflow/output/file_commands.h"
#include "core/workflow/output/step_output.h"

namespace {

using namespace tuesday;

constexpr std::string_view kSecret = "s3cret-Value\"&'/+";

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckLine(std::string_view line) {
  Require(line.size() <= workflow::kLogLineBytesMax);
  Require(line.find('\n') == std::string_view::npos);
  Require(line.find(kSecret) == std::string_view::npos);
  for (std::size_t at = 0; at < line.size();) {
    const expression::Character character = expression::CharacterAt(line, at);
    Require(character.bytes > 1 || character.code < 0x80);
    at += character.bytes;
  }
}

workflow::OutputFindings Run(std::string_view output, std::string_view matcher_file, std::size_t piece,
                             std::string_view secret) {
  workflow::Masks masks;
  masks.AddLines(kSecret);
  masks.AddLines(secret);
  workflow::Matchers matchers;
  (void)matchers.Add(matcher_file);
  workflow::StepOutputOptions options;
  options.unsecure_commands = workflow::UnsecureCommands::kAllowed;
  options.debug = workflow::DebugLines::kShown;
  options.workspace = "/ws";
  workflow::StepOutput step(masks, matchers, options);
  for (std::size_t at = 0; at < output.size(); at += piece) step.Feed(output.substr(at, piece));
  step.End();
  return step.Take();
}

void CheckFiles(std::string_view text) {
  if (const auto pairs = workflow::ReadPairs(text); pairs.has_value()) {
    for (const auto& [name, value] : *pairs) Require(!name.empty() && name.size() + value.size() <= 3 * text.size());
  }
  if (const auto paths = workflow::ReadPaths(text); paths.has_value()) {
    for (const std::string& path : *paths) Require(!path.empty());
  }
  workflow::Masks masks;
  masks.Add(kSecret);
  const auto summary = workflow::CheckSummary(text, masks);
  Require(!summary.has_value() || summary->find(kSecret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view rest = text.substr(std::min(line + 1, text.size()));
  const std::size_t nul = rest.find('\0');
  const std::string_view matchers = nul == std::string_view::npos ? std::string_view() : rest.substr(0, nul);
  const std::string output =
      std::string(nul == std::string_view::npos ? rest : rest.substr(nul + 1)) + "\n" + std::string(kSecret);
  const workflow::OutputFindings whole = Run(output, matchers, output.size(), text.substr(0, line));
  for (const std::string& each : whole.lines) CheckLine(each);
  const workflow::OutputFindings pieces = Run(output, matchers, 3, text.substr(0, line));
  Require(whole.lines == pieces.lines && whole.annotations == pieces.annotations && whole.problem == pieces.problem);
  CheckFiles(text);
  return 0;
}
