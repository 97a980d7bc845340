// SPDX-License-Identifier: Apache-2.0
// How the example service behaves: flags `--name=value`, or variables of the environment with the same name in capitals.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace example {

struct Settings {
  std::uint16_t port = 8080;    // PORT
  std::string listen;           // LISTEN, "any": on every address, as in a container; else on 127.0.0.1
  std::string version = "v1";   // VERSION, sent as X-Version
  double error_rate = 0;        // ERROR_RATE, share of requests that get 500
  double latency_ms = 0;        // LATENCY_MS, median of a lognormal distribution
  double latency_spread = 0.3;  // LATENCY_SPREAD, its sigma
  double p99_factor = 1;        // P99_FACTOR, the slowest 2 % take this many times as long
  double crash_after_s = 0;     // CRASH_AFTER_S, 0: never
  double crash_rate = 0;        // CRASH_RATE, share of requests that end the process
  double hang_rate = 0;         // HANG_RATE, share of requests that are never answered
  double startup_delay_ms = 0;  // STARTUP_DELAY_MS, before it listens
  std::string counters;         // COUNTERS, path of the mapped file
};

inline std::string Setting(int argc, char** argv, const std::string& flag, const std::string& variable) {
  const std::string prefix = "--" + flag + "=";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with(prefix)) return argv[i] + prefix.size();
  }
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

inline Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  const auto number = [&](const char* flag, const char* variable, double& value) {
    const std::string text = Setting(argc, argv, flag, variable);
    if (!text.empty()) value = std::atof(text.c_str());
  };
  double port = settings.port;
  number("port", "PORT", port);
  settings.port = static_cast<std::uint16_t>(port);
  number("error-rate", "ERROR_RATE", settings.error_rate);
  number("latency-ms", "LATENCY_MS", settings.latency_ms);
  number("latency-spread", "LATENCY_SPREAD", settings.latency_spread);
  number("p99-factor", "P99_FACTOR", settings.p99_factor);
  number("crash-after-s", "CRASH_AFTER_S", settings.crash_after_s);
  number("crash-rate", "CRASH_RATE", settings.crash_rate);
  number("hang-rate", "HANG_RATE", settings.hang_rate);
  number("startup-delay-ms", "STARTUP_DELAY_MS", settings.startup_delay_ms);
  if (const auto text = Setting(argc, argv, "version", "VERSION"); !text.empty()) settings.version = text;
  settings.listen = Setting(argc, argv, "listen", "LISTEN");
  settings.counters = Setting(argc, argv, "counters", "COUNTERS");
  return settings;
}

}  // namespace example
