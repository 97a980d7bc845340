// SPDX-License-Identifier: Apache-2.0
#include "app/cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>

namespace tuesday::cli {
namespace {

void Collect(const CLI::App& app, const std::string& path, CommandWords& words) {
  std::vector<std::string>& here = words[path];
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) here.push_back("--" + name);
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_group().empty()) continue;
    here.push_back(sub->get_name());
    Collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), words);
  }
}

}  // namespace

CommandWords CommandTree(const CLI::App& app) {
  CommandWords words;
  Collect(app, "", words);
  return words;
}

std::string CompletionScript(const std::string& shell, const CommandWords& tree) {
  std::string script = shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  script += "_tuesday() {\n  local path='' word words=''\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  script += "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n  done\n  case \"$path\" in\n";
  for (auto it = tree.rbegin(); it != tree.rend(); ++it) {
    script += fmt::format("    '{}'*) words='{}' ;;\n", it->first, fmt::join(it->second, " "));
  }
  script += "  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n";
  script += "complete -o default -F _tuesday tuesday\n";
  return script;
}

}  // namespace tuesday::cli
