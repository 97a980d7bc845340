// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/step.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "adapters/sandbox/bubble/arguments.h"
#include "adapters/sandbox/containers/terms.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/sandbox/supervisor/file_values.h"
#include "adapters/supervise/children.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kReadBytesMax = 1 << 20;  // Of one step at a time.
constexpr std::string_view kActionCommands = "/github/file_commands";
constexpr const char* kPlacePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string Replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

workflow::StepOutputOptions OptionsOf(const StepTerms& terms, const StepOrder& order) {
  workflow::StepOutputOptions options;
  options.unsecure_commands =
      order.unsecure_commands ? workflow::UnsecureCommands::kAllowed : workflow::UnsecureCommands::kRefused;
  options.debug = order.debug ? workflow::DebugLines::kShown : workflow::DebugLines::kHidden;
  options.embedded = order.embedded ? workflow::StepPosition::kEmbedded : workflow::StepPosition::kJob;
  options.workspace = terms.workspace;
  options.matcher_files = terms.matcher_files;
  return options;
}

// A program of this machine that was carried into the container is started by the loader beside it.
std::vector<std::string> CarriedArgv(const std::vector<std::string>& argv) {
  const bool is_node = argv.front() == std::string(kCarriedNodeFolder) + "/node";
  if (!is_node && argv.front() != kInsideProgram) return argv;
  const std::string folder(is_node ? kCarriedNodeFolder : kCarriedFolder);
  std::vector<std::string> carried = {folder + "/ld.so", "--library-path", folder + "/lib"};
  carried.insert(carried.end(), argv.begin(), argv.end());
  carried[3] = folder + (is_node ? "/node" : "/tuesday");
  return carried;
}

void Append(std::vector<std::string> more, std::vector<std::string>& all) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

WallTime WallNow() { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

void StepTerms::MakeSpare() {
  Result<StepFiles> made = StepFiles::Make(folder.run(), std::string(kInsideSteps), user);
  if (made.has_value()) spare = *std::move(made);
  // One that cannot be made is made, or missed, by who needs it.
  files::Fd(::open(folder.next_log().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).Close();
}

namespace {

// What is in memory of ours alone is not seen by a container: its files are made on the disk, when they are needed.
Result<StepFiles> MakeContainerFiles(const StepTerms& terms, const StepOrder& order, const supervise::UserIds& user) {
  const std::string inside = order.containers ? std::string(kActionCommands) : std::string(kInsideSteps);
  return StepFiles::Make(terms.folder.commands(), inside, user);
}

}  // namespace

Result<std::unique_ptr<Step>> Step::Make(StepTerms& terms, const StepOrder& order,
                                         const std::optional<supervise::UserIds>& container_user) {
  const std::optional<supervise::UserIds> user = container_user ? container_user : terms.user;
  if (container_user) {
    TRY(terms.spare, MakeContainerFiles(terms, order, *container_user));
    files::Fd(::open(terms.folder.next_log().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).Close();
  }
  if (!terms.spare) terms.MakeSpare();
  if (!terms.spare) return Fail(ErrorCode::kUnavailable, "The files of a step cannot be made.", "Is the disk full?");
  StepFiles step_files = *std::exchange(terms.spare, std::nullopt);
  TRY_OK(step_files.Take(order, user));
  TRY(StepLog log, StepLog::Open(terms.folder.next_log(), terms.folder.log(order.ordinal), terms.limits.log_bytes));
  TRY(supervise::OutputPipe pipe, supervise::MakeOutputPipe());
  std::unique_ptr<Step> step(new Step(terms, std::move(step_files), std::move(log), OptionsOf(terms, order)));
  step->pipe_ = std::move(pipe.ours);
  step->child_end_ = std::move(pipe.child_end);
  step->began_ = WallNow();
  step->Order(order);
  TRY_OK(terms.steps.AddBegun({order.id, order.ordinal, step->began_}));
  return step;
}

void Step::Order(const StepOrder& order) {
  id_ = order.id;
  ordinal_ = order.ordinal;
  command_ = order.argv.empty() ? "containers" : order.argv.front();
  std::map<std::string, std::string> environment = order.environment;
  for (auto& [name, value] : files_.Variables()) environment[name] = value;
  std::string path;
  for (const std::string& first : order.path_first) path += first + ":";
  const auto given = order.environment.find("PATH");
  if (!order.containers) {
    const std::string_view otherwise = order.in_container ? kContainerPath : kPlacePath;
    environment["PATH"] = path + (given == order.environment.end() ? std::string(otherwise) : given->second);
  }
  environment.try_emplace("HOME", terms_.home);
  const std::string folder = order.working_dir.empty() ? terms_.workspace : order.working_dir;
  const std::vector<std::string> argv = order.in_container ? CarriedArgv(order.argv) : order.argv;
  payload_ = {folder, files_.inside(), std::to_string(argv.size())};
  for (const std::string& argument : argv) payload_.push_back(Replaced(argument, "{0}", files_.script()));
  for (const auto& [name, value] : environment) payload_.push_back(name + "=" + value);
  if (order.containers) environment_ = std::move(environment);
}

std::string Step::HostFile(const std::string& variable) const {
  return terms_.folder.commands() + files_.Variables().at(variable).substr(kActionCommands.size());
}

Step::Stream Step::Read() {
  char buffer[65536];
  for (std::size_t all = 0; all < kReadBytesMax;) {
    const ssize_t got = ::read(pipe_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Stream::kOpen;
    if (got == 0) return Stream::kEnded;
    all += static_cast<std::size_t>(got);
    if (finished_) continue;
    output_.Feed({buffer, static_cast<std::size_t>(got)});
    TakeFindings();
  }
  return Stream::kOpen;
}

void Step::TakeFindings() {
  workflow::OutputFindings found = output_.Take();
  log_.Append(found.lines);
  MergePairs(std::move(found.outputs), report_.outputs);
  MergePairs(std::move(found.environment), report_.environment);
  MergePairs(std::move(found.state), report_.state);
  Append(std::move(found.path), report_.path);
  Append(std::move(found.masks), report_.masks);
  for (workflow::Annotation& annotation : found.annotations) report_.annotations.push_back(std::move(annotation));
  SetProblem(std::move(found.problem));
}

void Step::SetProblem(std::string problem) {
  if (report_.problem.empty()) report_.problem = std::move(problem);
}

StepReport Step::Finish(StepEnd end, int exit_code) {
  Read();
  output_.End();
  TakeFindings();
  report_.id = id_;
  report_.ordinal = ordinal_;
  report_.end = timed_out_ ? StepEnd::kTimedOut : end;
  report_.exit_code = exit_code;
  report_.began = began_;
  report_.ended = WallNow();
  if (log_.dropped_bytes() > 0) {
    SetProblem(
        fmt::format("The step wrote {} bytes more than the {} that its log holds.", log_.dropped_bytes(), log_.bytes_max()));
  }
  log_.Append(AddFileValues(files_, terms_.masks, report_));
  finished_ = true;
  return std::move(report_);
}

}  // namespace tuesday::sandbox
