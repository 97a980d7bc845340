// SPDX-License-Identifier: Apache-2.0
// The settings, with no daemon: what a file says, and which keys there are.
#include "app/config/config.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/cli/access/access_line.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

constexpr std::size_t kConfigBytesMax = 1 << 20;

const char* TakesText(config::Key::Takes takes) { return takes == config::Key::Takes::kAtOnce ? "SIGHUP" : "start"; }

}  // namespace

int RunConfigCheck(const Globals& globals, const AccessOptions& options) {
  const Result<std::string> text = ReadInput(options.file, kConfigBytesMax);
  if (!text.has_value()) return ReportError(text.error(), globals);
  const Result<config::Config> read = config::ReadConfig(*text, options.file);
  if (!read.has_value()) return ReportError(read.error(), globals);
  globals.json ? PrintJson(Json(Json::Object{{"file", options.file}, {"valid", true}}))
               : static_cast<void>(std::printf("%s: fine\n", options.file.c_str()));
  return kExitPass;
}

int RunConfigKeys(const Globals& globals) {
  Json::Array keys;
  Table table({"KEY", "TYPE", "DEFAULT", "TAKEN AT", "MEANS"});
  for (const config::Key& key : config::Keys()) {
    keys.emplace_back(Json::Object{{"key", key.path},
                                   {"type", key.type},
                                   {"default", key.unset},
                                   {"taken_at", TakesText(key.takes)},
                                   {"meaning", key.meaning}});
    table.Add({std::string(key.path), std::string(key.type), key.unset.empty() ? "-" : std::string(key.unset),
               TakesText(key.takes), std::string(key.meaning)});
  }
  globals.json ? PrintJson(Json(Json::Object{{"keys", std::move(keys)}}))
               : static_cast<void>(std::fputs(table.Text().c_str(), stdout));
  return kExitPass;
}

}  // namespace tuesday::cli
