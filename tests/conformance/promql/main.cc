// SPDX-License-Identifier: Apache-2.0
// conformance_promql SUITE FOLDER [FAILED_FILE]: runs Prometheus' own cases, read from a folder outside this tree.
// Suites: promql-eval, promql-parse, promql-series, promql-print, promql-lex. Exit status 0 when the suite ran.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/promql/parse/lexer.h"
#include "core/promql/parser.h"
#include "core/promql/series_text.h"
#include "script.h"

namespace tuesday::conformance {
namespace {

using Json = nlohmann::json;

struct Report {
  int passed = 0;
  int total = 0;
  std::vector<std::string> failures;

  void Add(const std::string& id, const std::string& problem) {
    ++total;
    if (problem.empty()) {
      ++passed;
    } else {
      failures.push_back(id + ": " + problem);
    }
  }
};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string InputOf(const Json& row) {
  if (row.contains("input")) return row["input"];
  std::string text;
  if (row.contains("input_hex")) {
    const std::string hex = row["input_hex"];
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  } else {
    for (const Json& part : row["input_parts"]) {
      for (int i = 0; i < part[1].get<int>(); ++i) text += part[0].get<std::string>();
    }
  }
  return text;
}

Report RunRows(const std::filesystem::path& file, const std::function<std::string(const Json&)>& check) {
  Report report;
  std::istringstream lines(ReadFile(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const Json row = Json::parse(line);
    report.Add(row["id"], check(row));
  }
  return report;
}

std::string CheckParse(const Json& row) {
  const promql::ParseReport report = promql::ParseWithReport(InputOf(row), {.experimental = true});
  if (row["ok"].get<bool>()) return report.problems.empty() ? "" : "refused: " + report.problems[0].message;
  if (report.problems.empty()) return "accepted";
  const Json& errors = row["errors"];
  const bool first_is_enough = row.contains("errors_note");
  for (std::size_t i = 0; i < errors.size() && (i == 0 || !first_is_enough); ++i) {
    if (i >= report.problems.size()) return "lacks: " + errors[i]["msg"].get<std::string>();
    const promql::ParseProblem& problem = report.problems[i];
    if (problem.message != errors[i]["msg"] || problem.pos.start != errors[i]["start"] || problem.pos.end != errors[i]["end"]) {
      return "says " + std::to_string(problem.pos.start) + ".." + std::to_string(problem.pos.end) + " " + problem.message +
             " instead of " + errors[i].dump();
    }
  }
  if (!first_is_enough && report.problems.size() != errors.size()) return "says more: " + report.problems.back().message;
  return "";
}

std::string CheckPrint(const Json& row) {
  const Result<promql::ExprPtr> expr = promql::ParseExpr(row["in"].get<std::string>(), {.experimental = true});
  if (!expr) return expr.error().message;
  const std::string printed = promql::PrintExpr(**expr);
  return printed == row["out"] ? "" : "prints " + printed + " instead of " + row["out"].get<std::string>();
}

std::string CheckLex(const Json& row) {
  if (row.value("series_desc", false)) return "series descriptions are read without tokens";
  const std::string input = InputOf(row);
  const std::vector<promql::LexedToken> tokens = promql::Lex(input);
  const bool ok = tokens.back().kind == promql::Token::kEof;
  if (!row["ok"].get<bool>()) return ok ? "accepted" : "";
  if (!ok) return "refused: " + tokens.back().error;
  const Json& expected = row["tokens"];
  if (tokens.size() != expected.size() + 1) return "has " + std::to_string(tokens.size() - 1) + " tokens";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const promql::LexedToken& token = tokens[i];
    if (promql::TokenName(token.kind) != expected[i][0].get<std::string>() || token.pos.start != expected[i][1] ||
        token.text != expected[i][2].get<std::string>()) {
      return "token " + std::to_string(i) + " is " + std::string(promql::TokenName(token.kind)) + " " + std::string(token.text);
    }
  }
  return "";
}

std::string CheckSeries(const Json& row) {
  if (!row.contains("input")) return "native histograms are not supported";
  const Result<promql::SeriesText> series = promql::ParseSeriesText(row["input"].get<std::string>());
  if (!row["ok"].get<bool>()) return series ? "accepted" : "";
  if (!series) return series.error().message;
  if (!row.contains("values")) return "native histograms are not supported";
  std::vector<metrics::Labels::Pair> pairs;
  for (const auto& [name, value] : row["labels"].items()) pairs.emplace_back(name, value.get<std::string>());
  if (series->labels != metrics::Labels(pairs)) return "has the labels " + series->labels.Text();
  const Json& values = row["values"];
  if (series->values.size() != values.size()) return "has " + std::to_string(series->values.size()) + " values";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_null() != !series->values[i]) return "value " + std::to_string(i) + " is there or not";
    if (!values[i].is_number() || *series->values[i] == values[i].get<double>()) continue;
    return "value " + std::to_string(i) + " is " + std::to_string(*series->values[i]);
  }
  return "";
}

Report RunEvals(const std::filesystem::path& folder) {
  Report report;
  std::map<Tier, std::pair<int, int>> tiers;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "test")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    int passed = 0;
    const std::vector<EvalOutcome> outcomes = RunScript(file.filename(), ReadFile(file));
    for (const EvalOutcome& outcome : outcomes) {
      report.Add(outcome.id, outcome.problem.empty() ? "" : outcome.query + "\n    " + outcome.problem);
      auto& [tier_passed, tier_total] = tiers[outcome.tier];
      ++tier_total;
      if (outcome.problem.empty()) {
        ++tier_passed;
        ++passed;
      }
    }
    std::cout << file.filename().string() << " " << passed << "/" << outcomes.size() << "\n";
  }
  const char* names[] = {"core", "experimental", "native"};
  for (const auto& [tier, counts] : tiers) {
    std::cout << "tier " << names[static_cast<int>(tier)] << " " << counts.first << "/" << counts.second << "\n";
  }
  return report;
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: conformance_promql SUITE FOLDER [FAILED_FILE]\n";
    return 2;
  }
  const std::string suite = argv[1];
  const std::filesystem::path folder = argv[2];
  Report report;
  if (suite == "promql-eval") {
    report = RunEvals(folder);
  } else if (suite == "promql-parse") {
    report = RunRows(folder / "parser/expressions.jsonl", CheckParse);
  } else if (suite == "promql-series") {
    report = RunRows(folder / "parser/series.jsonl", CheckSeries);
  } else if (suite == "promql-print") {
    report = RunRows(folder / "parser/print.jsonl", CheckPrint);
  } else if (suite == "promql-lex") {
    report = RunRows(folder / "parser/lex.jsonl", CheckLex);
  } else {
    std::cerr << "unknown suite " << suite << "\n";
    return 2;
  }
  if (argc > 3) {
    std::ofstream out(argv[3]);
    for (const std::string& failure : report.failures) out << failure << "\n";
  }
  std::cout << "conformance " << suite << " " << report.passed << "/" << report.total << "\n";
  return 0;
}

}  // namespace
}  // namespace tuesday::conformance

int main(int argc, char** argv) { return tuesday::conformance::Main(argc, argv); }
