// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/container/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

namespace tuesday::workflow {
namespace {

using Problem = std::unexpected<std::string>;

constexpr int kPortMax = 65535;
constexpr double kCpusMax = 1024;

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// "10s", "1m30s", "500ms"
std::optional<Duration> DurationOf(std::string_view text) {
  Duration all{};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t unit_end = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view unit = text.substr(0, unit_end);
    double seconds = 0;
    for (const auto& [name, worth] :
         {std::pair("ns", 1e-9), {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}, {"h", 3600.0}}) {
      if (unit == name) seconds = worth;
    }
    if (seconds == 0) return std::nullopt;
    all += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(number * seconds));
    text.remove_prefix(unit_end);
  }
  return all;
}

// "512m", "1g"
std::optional<std::uint64_t> BytesOf(std::string text) {
  if (text.ends_with('b') || text.ends_with('B')) text.pop_back();
  std::uint64_t worth = 1;
  if (!text.empty()) {
    const std::size_t unit = std::string_view("kmgKMG").find(text.back());
    if (unit != std::string_view::npos) {
      worth = 1ULL << (10 * (unit % 3 + 1));
      text.pop_back();
    }
  }
  const auto number = NumberOf(text);
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number) * worth;
}

// Takes a flag's value, or says what is wrong with it.
using Taker = std::function<bool(const std::string& value, ContainerOptions& options)>;

bool TakePair(const std::string& value, std::map<std::string, std::string>& into) {
  const std::size_t equals = value.find('=');
  if (equals == 0 || value.empty()) return false;
  into[value.substr(0, equals)] = equals == std::string::npos ? "" : value.substr(equals + 1);
  return true;
}

template <typename T>
bool Assign(std::optional<T> value, T& into) {
  if (value) into = *value;
  return value.has_value();
}

const std::map<std::string, Taker, std::less<>>& ValueFlags() {
  using O = ContainerOptions;
  static const auto text = [](std::string O::* member) {
    return [member](const std::string& value, O& options) {
      options.*member = value;
      return !value.empty();
    };
  };
  static const auto time = [](Duration O::* member) {
    return [member](const std::string& value, O& options) { return Assign(DurationOf(value), options.*member); };
  };
  static const auto number = [](int O::* member) {
    return [member](const std::string& value, O& options) { return Assign(NumberOf(value), options.*member); };
  };
  static const auto bytes = [](std::uint64_t O::* member) {
    return [member](const std::string& value, O& options) { return Assign(BytesOf(value), options.*member); };
  };
  static const std::map<std::string, Taker, std::less<>> kFlags = {
      {"user", text(&O::user)},
      {"workdir", text(&O::working_folder)},
      {"hostname", text(&O::host_name)},
      {"entrypoint", text(&O::entrypoint)},
      {"env", [](const std::string& value, O& options) { return TakePair(value, options.environment); }},
      {"label", [](const std::string& value, O& options) { return TakePair(value, options.labels); }},
      {"tmpfs",
       [](const std::string& value, O& options) {
         const std::size_t colon = value.find(':');
         options.memory_folders[value.substr(0, colon)] = colon == std::string::npos ? "" : value.substr(colon + 1);
         return value.starts_with('/');
       }},
      {"volume",
       [](const std::string& value, O& options) {
         options.volumes.push_back(value);
         return true;
       }},
      {"cap-drop",
       [](const std::string& value, O& options) {
         options.capabilities_dropped.push_back(value);
         return !value.empty();
       }},
      {"cpus",
       [](const std::string& value, O& options) {
         double cpus = 0;
         const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), cpus);
         if (error != std::errc() || end != value.data() + value.size() || !(cpus > 0) || cpus > kCpusMax) return false;
         options.cpus = cpus;
         return true;
       }},
      {"memory", bytes(&O::memory_bytes)},
      {"shm-size", bytes(&O::shared_memory_bytes)},
      {"pids-limit", number(&O::processes_max)},
      {"health-cmd", text(&O::health_command)},
      {"health-interval", time(&O::health_interval)},
      {"health-timeout", time(&O::health_timeout)},
      {"health-start-period", time(&O::health_start_period)},
      {"health-retries", number(&O::health_retries)},
      // What names and starts containers is ours; these say nothing about what runs in them.
      {"name", [](const std::string&, O&) { return true; }},
      {"restart", [](const std::string&, O&) { return true; }},
      {"pull", [](const std::string&, O&) { return true; }},
      {"platform", [](const std::string& value, O&) { return value == "linux/amd64"; }},
  };
  return kFlags;
}

const std::map<std::string, std::function<void(ContainerOptions&)>, std::less<>>& BareFlags() {
  static const std::map<std::string, std::function<void(ContainerOptions&)>, std::less<>> kFlags = {
      {"read-only", [](ContainerOptions& options) { options.read_only = true; }},
      {"no-healthcheck", [](ContainerOptions& options) { options.no_health_check = true; }},
      {"init", [](ContainerOptions&) {}},
      {"rm", [](ContainerOptions&) {}},
      {"interactive", [](ContainerOptions&) {}},
      {"tty", [](ContainerOptions&) {}},
      {"quiet", [](ContainerOptions&) {}},
  };
  return kFlags;
}

std::string_view LongName(char letter) {
  switch (letter) {
    case 'u': return "user";
    case 'w': return "workdir";
    case 'h': return "hostname";
    case 'e': return "env";
    case 'l': return "label";
    case 'v': return "volume";
    case 'm': return "memory";
    case 'i': return "interactive";
    case 't': return "tty";
    case 'q': return "quiet";
    default: return "";
  }
}

std::string Refusal(const std::string& flag) {
  if (flag == "--network" || flag == "--net")
    return fmt::format("{} is not supported: a job's containers share one network, which the job makes", flag);
  if (flag == "--privileged" || flag.starts_with("--cap-add") || flag.starts_with("--device") ||
      flag.starts_with("--security-opt"))
    return fmt::format("{} is refused: a job's container gets no rights on the machine", flag);
  if (flag == "--publish" || flag == "-p") return fmt::format("{} is refused: write the ports under `ports:`", flag);
  return fmt::format("{} is not one of the options that a job's container can have", flag);
}

// One word of the options as its flag and, where it has one with it, its value.
struct Flag {
  std::string written;
  std::string name;
  std::optional<std::string> value;
};

std::vector<Flag> FlagsOf(const std::string& word) {
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    Flag flag{word.substr(0, equals), word.substr(2, equals == std::string::npos ? equals : equals - 2), {}};
    if (equals != std::string::npos) flag.value = word.substr(equals + 1);
    return {flag};
  }
  std::vector<Flag> flags;
  for (std::size_t i = 1; i < word.size(); ++i) {
    Flag flag{fmt::format("-{}", word[i]), std::string(LongName(word[i])), {}};
    const bool takes_rest = ValueFlags().contains(flag.name) && i + 1 < word.size();
    if (takes_rest) flag.value = word.substr(i + (word[i + 1] == '=' ? 2 : 1));
    flags.push_back(std::move(flag));
    if (takes_rest) break;
  }
  return flags;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> SplitCommand(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? 0 : c;
      in_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return Problem(fmt::format("a quote does not end in '{}'", text));
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::expected<ContainerOptions, std::string> ParseContainerOptions(std::string_view text) {
  auto words = SplitCommand(text);
  if (!words) return Problem(words.error());
  ContainerOptions options;
  for (std::size_t i = 0; i < words->size(); ++i) {
    const std::string& word = (*words)[i];
    if (word.size() < 2 || word.front() != '-') return Problem(fmt::format("'{}' stands where an option should", word));
    for (Flag& flag : FlagsOf(word)) {
      if (const auto bare = BareFlags().find(flag.name); bare != BareFlags().end() && !flag.value) {
        bare->second(options);
        continue;
      }
      const auto taker = ValueFlags().find(flag.name);
      if (taker == ValueFlags().end()) return Problem(Refusal(flag.written));
      if (!flag.value) {
        if (i + 1 >= words->size()) return Problem(fmt::format("{} has no value", flag.written));
        flag.value = (*words)[++i];
      }
      if (!taker->second(*flag.value, options)) return Problem(fmt::format("{} cannot be '{}'", flag.written, *flag.value));
    }
  }
  return options;
}

std::expected<ContainerPort, std::string> ParseContainerPort(std::string_view text) {
  const auto wrong = [text] {
    return Problem(
        fmt::format("'{}' is no port: write HOST:CONTAINER, or CONTAINER alone, with /udp where it is not TCP", text));
  };
  ContainerPort port;
  std::string_view rest = text;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    port.protocol = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (port.protocol != "tcp" && port.protocol != "udp") return wrong();
  // An address of the machine before the ports means nothing here: all are on the job's own localhost.
  const std::size_t colon = rest.rfind(':');
  const auto inner = NumberOf(colon == std::string_view::npos ? rest : rest.substr(colon + 1));
  if (!inner || *inner == 0 || *inner > kPortMax) return wrong();
  port.container = *inner;
  if (colon == std::string_view::npos) return port;
  std::string_view before = rest.substr(0, colon);
  if (const std::size_t address = before.rfind(':'); address != std::string_view::npos) before = before.substr(address + 1);
  const auto outer = before.empty() ? std::optional(0) : NumberOf(before);
  if (!outer || *outer > kPortMax) return wrong();
  port.host = *outer;
  return port;
}

std::expected<ContainerVolume, std::string> ParseContainerVolume(std::string_view text) {
  ContainerVolume volume;
  std::string_view rest = text;
  for (const std::string_view mode : {":ro", ":rw", ":z", ":Z"}) {
    if (!rest.ends_with(mode)) continue;
    volume.read_only = mode == ":ro";
    rest.remove_suffix(mode.size());
    break;
  }
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    volume.name = rest.substr(0, colon);
    rest = rest.substr(colon + 1);
  }
  volume.inside = rest;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  const bool is_path = volume.inside.starts_with('/') && volume.inside.find(':') == std::string::npos &&
                       volume.inside.find("/..") == std::string::npos;
  if (!is_path) return Problem(fmt::format("the volume '{}' has no absolute path within the container", text));
  if (!std::ranges::all_of(volume.name, is_plain) || volume.name.starts_with('.'))
    return Problem(fmt::format("the volume '{}' is a folder of the machine, which no job sees: name a volume instead", text));
  return volume;
}

}  // namespace tuesday::workflow
