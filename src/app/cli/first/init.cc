// SPDX-License-Identifier: Apache-2.0
// Five questions, and the manifests of a first service.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

#include "adapters/files/files.h"
#include "app/cli/first/init_files.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

constexpr int kAskedAgainMax = 3;
constexpr int kPortMax = 65535;

// What a person is asked: the flag is the same question for a script.
struct Question {
  std::string flag;
  std::string text;
  std::string suggestion;  // Empty: there is none.
  std::function<Result<void>(const std::string&)> check;
};

Result<std::string> Ask(const Question& question, const std::string& given) {
  if (!given.empty()) {
    TRY_OK(question.check(given));
    return given;
  }
  if (::isatty(STDIN_FILENO) == 0) {
    return Fail(ErrorCode::kInvalid, fmt::format("{} is not given, and there is no terminal to ask on.", question.flag),
                "tuesday init --image ./build --name api --port 3000 --host api.example.com --health /health");
  }
  for (int i = 0; i < kAskedAgainMax; ++i) {
    std::fprintf(stderr, "%s%s: ", question.text.c_str(),
                 question.suggestion.empty() ? "" : fmt::format(" [{}]", question.suggestion).c_str());
    std::string answer;
    if (!std::getline(std::cin, answer)) break;
    if (answer.empty()) answer = question.suggestion;
    const Result<void> good = question.check(answer);
    if (good.has_value()) return answer;
    std::fprintf(stderr, "%s\n", ErrorText(good.error()).c_str());
  }
  return Fail(ErrorCode::kInvalid, fmt::format("{} was not answered.", question.flag));
}

Result<void> CheckPort(const std::string& text) {
  int port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && port > 0 && port <= kPortMax) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no port from 1 to {}.", text, kPortMax), "For example 3000.");
}

bool IsFolder(const std::string& image) {
  std::error_code ignored;
  return std::filesystem::is_directory(image, ignored);
}

struct Answers {
  FirstService service;
  std::string source;  // "dir:/abs/path" when the image is a folder.
};

Result<Answers> AskAll(const InitOptions& options) {
  Answers answers;
  const auto check_image = [](const std::string& image) { return IsFolder(image) ? Result<void>() : CheckFirstImage(image); };
  TRY(std::string image,
      Ask({"--image", "The folder with the service, or an image with its tag", "", check_image}, options.image));
  const std::string folder_name = std::filesystem::absolute(image).lexically_normal().filename().string();
  const std::string guess = CheckFirstName(folder_name).has_value() ? folder_name : "api";
  TRY(answers.service.name, Ask({"--name", "What the service is called", guess, CheckFirstName}, options.name));
  TRY(const std::string port, Ask({"--port", "The port that its manifests name", "3000", CheckPort},
                                  options.port > 0 ? std::to_string(options.port) : ""));
  answers.service.port = std::stoi(port);
  TRY(answers.service.host,
      Ask({"--host", "The host name that leads to it", answers.service.name + ".localhost", CheckFirstHost}, options.host));
  TRY(answers.service.health_path,
      Ask({"--health", "The path that answers 200 when it is ready", "/health", CheckFirstPath}, options.health_path));
  answers.service.image = image;
  if (IsFolder(image)) {
    answers.source = "dir:" + std::filesystem::absolute(image).lexically_normal().string();
    answers.service.image = answers.service.name + ":v1";
  }
  return answers;
}

Result<std::vector<std::string>> Write(const std::string& folder, const std::vector<FirstFile>& files) {
  for (const FirstFile& file : files) {
    if (files::Exists(folder + "/" + file.name)) {
      return Fail(ErrorCode::kConflict, fmt::format("{}/{} is there already: nothing was written.", folder, file.name),
                  "Give another --folder, or take the file away.");
    }
  }
  TRY_OK(files::MakeFolders(folder));
  std::vector<std::string> written;
  for (const FirstFile& file : files) {
    TRY_OK(files::WriteFileDurably(folder + "/" + file.name, file.text));
    written.push_back(folder + "/" + file.name);
  }
  return written;
}

std::vector<std::string> NextCommands(const Answers& answers, const std::string& folder) {
  std::vector<std::string> next{"tuesday check " + folder};
  if (!answers.source.empty()) {
    next.push_back(fmt::format("tuesday image bind {} {}", answers.service.image, answers.source));
  } else {
    next.push_back(fmt::format("tuesday image bind {} dir:FOLDER", answers.service.image));
  }
  next.push_back(fmt::format("tuesday apply -f {} --wait", folder));
  next.push_back(fmt::format("curl -H 'Host: {}' http://127.0.0.1:8080/", answers.service.host));
  next.push_back(
      fmt::format("tuesday deploy {} -s {} --wait", answers.source.empty() ? "IMAGE" : answers.source, answers.service.name));
  return next;
}

}  // namespace

int RunInit(const Globals& globals, const InitOptions& options) {
  const Result<Answers> answers = AskAll(options);
  if (!answers.has_value()) return ReportError(answers.error(), globals);
  const Result<std::vector<std::string>> written = Write(options.folder, FirstFiles(answers->service));
  if (!written.has_value()) return ReportError(written.error(), globals);
  const std::vector<std::string> next = NextCommands(*answers, options.folder);
  if (globals.json) {
    Json::Array files;
    for (const std::string& file : *written) files.emplace_back(file);
    Json::Array commands;
    for (const std::string& command : next) commands.emplace_back(command);
    PrintJson(Json(Json::Object{{"written", std::move(files)}, {"next", std::move(commands)}}));
    return kExitPass;
  }
  for (const std::string& file : *written) std::printf("wrote %s\n", file.c_str());
  std::puts("\nNext, with `tuesday serve` running:");
  for (const std::string& command : next) std::printf("  %s\n", command.c_str());
  return kExitPass;
}

}  // namespace tuesday::cli
