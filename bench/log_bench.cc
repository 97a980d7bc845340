// SPDX-License-Identifier: Apache-2.0
// What it costs to mask a step's output: 1,000 secrets in all their encodings over 10 MB of log, and the whole way of a byte
// from the step to a line of the log.
#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/line.h"
#include "core/workflow/output/step_output.h"

namespace tuesday::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kSecrets = 1'000;
constexpr std::size_t kLogBytes = 10'000'000;
constexpr int kRounds = 5;

double Seconds(SteadyClock::time_point since) { return std::chrono::duration<double>(SteadyClock::now() - since).count(); }

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::string Word(std::mt19937& random, std::size_t size) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/+=&";
  std::string word;
  for (std::size_t i = 0; i < size; ++i) word += kAlphabet[random() % kAlphabet.size()];
  return word;
}

// Lines as a package manager writes them, a secret in every thousandth.
std::string Log(const std::vector<std::string>& secrets) {
  std::mt19937 random(1);
  std::string log;
  for (std::size_t line = 0; log.size() < kLogBytes; ++line) {
    log += "2026-11-23T16:00:00Z npm http fetch GET 200 https://registry/" + Word(random, 12) + " " + Word(random, 24) +
           " (cache)";
    if (line % 1'000 == 0) log += secrets[line / 1'000 % secrets.size()];
    log += '\n';
  }
  return log;
}

template <typename Work>
double MegabytesEachSecond(std::size_t bytes, const Work& work) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = SteadyClock::now();
    work();
    rounds.push_back(static_cast<double>(bytes) / 1e6 / Seconds(begin));
  }
  return Median(std::move(rounds));
}

void Run() {
  std::mt19937 random(2);
  std::vector<std::string> secrets;
  for (int i = 0; i < kSecrets; ++i) secrets.push_back(Word(random, 16 + random() % 32));
  const std::string log = Log(secrets);

  std::vector<double> builds;
  for (int round = 0; round < kRounds; ++round) {
    workflow::Masks built;
    const auto begin = SteadyClock::now();
    for (const std::string& secret : secrets) built.Add(secret);
    CHECK(built.Holds(secrets[0]), "a secret is found");
    builds.push_back(Seconds(begin) * 1e3);
  }
  Say("masks_1000_build", Median(std::move(builds)), "ms");

  workflow::Masks masks;
  for (const std::string& secret : secrets) masks.Add(secret);
  Say("masks_1000",
      MegabytesEachSecond(log.size(),
                          [&] {
                            std::size_t begin = 0;
                            std::size_t kept = 0;
                            while (begin < log.size()) {
                              const std::size_t end = log.find('\n', begin);
                              kept += masks.Mask(std::string_view(log).substr(begin, end - begin)).size();
                              begin = end + 1;
                            }
                            CHECK(kept < log.size(), "secrets are gone");
                          }),
      "MB/s");
  Say("step_output_1000_masks",
      MegabytesEachSecond(log.size(),
                          [&] {
                            workflow::Matchers matchers;
                            workflow::StepOutput output(masks, matchers, {});
                            for (std::size_t at = 0; at < log.size(); at += 65'536) {
                              output.Feed(std::string_view(log).substr(at, 65'536));
                              CHECK(!output.Take().lines.empty(), "lines come");
                            }
                            output.End();
                          }),
      "MB/s");
}

}  // namespace
}  // namespace tuesday::bench

int main() { tuesday::bench::Run(); }
