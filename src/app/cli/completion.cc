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

namespace {

// The words so far without flags are the path of the command; each path has a line with what may follow it.
std::string FishScript(const CommandWords& tree) {
  std::string script =
      "function __tuesday_path\n  set -l words\n  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; or set -a words $word\n  end\n  string join ' ' $words\nend\n"
      "function __tuesday_words\n  set -l path (__tuesday_path)\n";
  for (auto it = tree.rbegin(); it != tree.rend(); ++it) {
    const std::string condition = it->first.empty() ? "true" : fmt::format("string match -q -- '{}*' \"$path\"", it->first);
    script += fmt::format("  if {}\n    printf '%s\\n' {}\n    return\n  end\n", condition, fmt::join(it->second, " "));
  }
  return script + "end\ncomplete -c tuesday -a '(__tuesday_words)'\n";
}

}  // namespace

std::string CompletionScript(const std::string& shell, const CommandWords& tree) {
  if (shell == "fish") return FishScript(tree);
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
