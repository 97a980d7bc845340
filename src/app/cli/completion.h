// SPDX-License-Identifier: Apache-2.0
// Shell completion, made from the command line's own tree so that it cannot be out of date.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tuesday::cli {

// "rollout get" -> the words that may follow it: subcommands and flags.
using CommandWords = std::map<std::string, std::vector<std::string>>;

CommandWords CommandTree(const CLI::App& app);
std::string CompletionScript(const std::string& shell, const CommandWords& tree);

}  // namespace tuesday::cli
