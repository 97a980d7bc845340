// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/failed_shell.h"

#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <iostream>
#include <optional>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/inside/terminal.h"
#include "app/cli/workflow/shell/held_places.h"
#include "app/cli/workflow/shell/shell_order.h"
#include "app/cli/workflow/shell/terminal.h"

namespace tuesday::cli {
namespace {

constexpr Duration kBeginTime = std::chrono::seconds(10);
constexpr Duration kEndTime = std::chrono::seconds(10);
constexpr Duration kLookTime = std::chrono::milliseconds(100);
constexpr mode_t kFolderMode = 0711;
constexpr mode_t kSocketMode = 0666;  // Who is inside is another user, and the folder is shown to this place only.

constexpr std::string_view kHowTo =
    "  again    runs the step's command once more\n"
    "  exit     (or Ctrl-D) leaves: the failure stands\n"
    "  exit 0   leaves: what was done here counts as the step, and the job goes on after it\n";

// A socket that one place connects to, once.
class Listener {
 public:
  static Result<Listener> Open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
      return Fail(ErrorCode::kInvalid, fmt::format("The path of the shell's socket, {}, is too long for one.", path),
                  "Give a state folder with a shorter path: --state.");
    }
    path.copy(address.sun_path, path.size());
    ::unlink(path.c_str());
    Listener listener;
    listener.path_ = path;
    listener.socket_ = files::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int socket = listener.socket_.get();
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), kSocketMode) != 0 || ::listen(socket, 1) != 0)
      return std::unexpected(files::SystemError("cannot listen on", path, errno));
    return listener;
  }
  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener() {
    if (socket_.is_open()) ::unlink(path_.c_str());
  }

  // The connection, or none yet.
  std::optional<files::Fd> Accept(Duration patience) const {
    pollfd end{socket_.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    if (::poll(&end, 1, static_cast<int>(ms)) != 1) return std::nullopt;
    files::Fd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return connection.is_open() ? std::optional(std::move(connection)) : std::nullopt;
  }

 private:
  Listener() = default;
  std::string path_;
  files::Fd socket_;
};

// Finds one report among those of a place.
class ReportOf {
 public:
  ReportOf(JobPlaces& places, PlaceId place, std::string id) : places_(places), place_(std::move(place)), id_(std::move(id)) {}

  // Whether it is there, or never will be.
  bool Look(Duration patience) {
    if (is_over_) return true;
    const Result<PlaceView> view = places_.Look(place_, seen_, patience);
    if (!view.has_value()) return is_over_ = true;
    seen_ += static_cast<int>(view->reports.size());
    for (const StepReport& one : view->reports) {
      if (one.id == id_) report_ = one;
    }
    return is_over_ = report_.has_value() || view->phase != PlacePhase::kOpen;
  }

  const std::optional<StepReport>& report() const { return report_; }

 private:
  JobPlaces& places_;
  PlaceId place_;
  std::string id_;
  int seen_ = 0;
  bool is_over_ = false;
  std::optional<StepReport> report_;
};

// How many shells the step had, also before this process began.
int ShellsOf(JobPlaces& places, const PlaceId& place, int ordinal) {
  const Result<PlaceView> view = places.Look(place, 0, Duration::zero());
  int shells = 0;
  for (const StepReport& report : view.has_value() ? view->reports : std::vector<StepReport>())
    shells += report.ordinal >= kShellOrdinals && report.ordinal % kShellOrdinals == ordinal;
  return shells;
}

std::string EndText(const StepReport& report) {
  if (report.end == StepEnd::kTimedOut) return "ran out of time";
  return report.exit_code != 0 ? fmt::format("failed with exit code {}", report.exit_code) : "failed: " + report.problem;
}

}  // namespace

Result<void> MakeShellFolder(const std::string& folder) {
  TRY_OK(files::MakeFolders(folder, kFolderMode));
  if (::chmod(folder.c_str(), kFolderMode) != 0) return std::unexpected(files::SystemError("cannot open up", folder, errno));
  return {};
}

bool FailedShell::IsGivenUp(const PlaceId& place) {
  const std::scoped_lock lock(mutex_);
  return is_over_ || given_up_.contains(place);
}

void FailedShell::GiveUp(const PlaceId& place) {
  const std::scoped_lock lock(mutex_);
  given_up_.insert(place);
}

StepReport FailedShell::Offer(const PlaceId& place, const StepOrder& order, const StepReport& report) {
  const std::scoped_lock terminal(terminal_);
  if (IsGivenUp(place)) return report;
  const auto name = parts_.turn.NameOf(place, report.ordinal);
  if (name) parts_.flush(name->leg, report.ordinal);
  parts_.turn.Hold();
  std::cout
      << fmt::format("\n{}: \"{}\" {}\n", name ? name->leg : place.str(), name ? name->name : order.id, EndText(report))
      << "This is a shell in its place, with its files, user and environment. Nothing of it is logged, and nothing masked.\n"
      << kHowTo << std::flush;
  const Result<StepReport> shell = Shell(place, order);
  const bool is_mended = shell.has_value() && shell->end == StepEnd::kExited && shell->exit_code == 0;
  if (!shell.has_value()) std::cout << fmt::format("No shell: {}\n", ErrorText(shell.error()));
  std::cout << (is_mended ? "The shell was left: the step counts as passed.\n\n" : "The failure stands.\n\n") << std::flush;
  parts_.turn.LetGo();
  return is_mended ? MendedReport(report, *shell) : report;
}

Result<StepReport> FailedShell::Shell(const PlaceId& place, const StepOrder& order) {
  const int turn = ShellsOf(parts_.places, place, order.ordinal) + 1;
  const std::string socket = fmt::format("{}-{}", order.ordinal, turn);
  const char* term = ::getenv("TERM");
  const StepOrder shell =
      ShellOrder(order, turn, fmt::format("{}/{}", kShellFolderInside, socket), term == nullptr ? "" : term);
  TRY(const Listener listener, Listener::Open(fmt::format("{}/{}", parts_.folder, socket)));
  TRY_OK(parts_.places.Start(place, shell));
  ReportOf end(parts_.places, place, shell.id);
  std::optional<files::Fd> connection;
  for (Duration waited{}; !connection && waited < kBeginTime && !end.Look(Duration::zero()); waited += kLookTime)
    connection = listener.Accept(kLookTime);
  if (!connection) {
    static_cast<void>(parts_.places.Signal(place, shell.id, StepSignal::kKill));
    return Fail(ErrorCode::kUnavailable, "It did not begin.", "Is there a bash on this machine?");
  }
  {
    TRY(const files::Fd inside, sandbox::TakeTerminal(connection->get()));
    const RawInput raw;
    TieTerminals(inside.get(), [&] { return IsGivenUp(place) || end.Look(Duration::zero()); });
  }
  // With its terminal closed a shell ends by itself; who does not is ended.
  if (!end.Look(kEndTime) || !end.report()) static_cast<void>(parts_.places.Signal(place, shell.id, StepSignal::kKill));
  for (Duration waited{}; !end.report() && waited < kEndTime && !end.Look(kLookTime);) waited += kLookTime;
  if (!end.report()) return Fail(ErrorCode::kUnavailable, "Its place is gone.");
  return *end.report();
}

}  // namespace tuesday::cli
