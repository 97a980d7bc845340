// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/questions.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "adapters/files/files.h"
#include "adapters/sandbox/inside/answers.h"
#include "adapters/sandbox/record/byte_text.h"
#include "adapters/supervise/children.h"

namespace tuesday::sandbox {
namespace {

Json FailedAnswer(ErrorCode code, std::string message) { return supervise::ErrorAnswer({code, std::move(message), ""}); }

Json AnswerOf(int wait_status, const std::string& subject, const std::string& text) {
  const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
  if (code == kAnswered) {
    Json::Object answer = supervise::OkAnswer();
    answer.emplace("bytes", EncodeBytes(text));
    return answer;
  }
  if (code == kAnswerNotFound) return FailedAnswer(ErrorCode::kNotFound, "There is no file '" + subject + "' in the place.");
  if (code == kAnswerTooLarge) return FailedAnswer(ErrorCode::kLimit, "The file '" + subject + "' is too large.");
  if (code == kAnswerNoFile) return FailedAnswer(ErrorCode::kInvalid, "'" + subject + "' is no plain file.");
  return FailedAnswer(ErrorCode::kUnavailable, "'" + subject + "' cannot be read in the place.");
}

}  // namespace

void Questions::Ask(std::uint32_t token, Saying saying, const std::vector<std::string>& payload, std::string subject,
                    std::size_t bytes_max, supervise::JsonServer::Reply reply) {
  auto pipe = supervise::MakeOutputPipe();
  const auto memory = MakePayload(payload);
  if (!pipe.has_value() || !memory.has_value()) return reply(FailedAnswer(ErrorCode::kInternal, "A question cannot be asked."));
  const auto sent = Send(socket_(), {saying, token, 0}, {memory->get(), pipe->child_end.get()});
  if (!sent.has_value()) return reply(supervise::ErrorAnswer(sent.error()));
  Question& question = waiting_[token];
  question = {std::move(subject), bytes_max, std::move(reply), std::move(pipe->ours), "", 0};
  loop_.Watch(question.pipe.get(), POLLIN, [this, token](short) {
    const auto found = waiting_.find(token);
    if (found != waiting_.end()) Read(found->second);
  });
  question.timer = loop_.After(kQuestionPatience, [this, token] {
    static_cast<void>(Send(socket_(), {Saying::kSignal, token, SIGKILL}));
    Answer(token, FailedAnswer(ErrorCode::kUnavailable, "The place did not answer in time."));
  });
}

void Questions::Read(Question& question) {
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(question.pipe.get(), buffer, sizeof buffer);
    if (got < 0) return;
    if (got == 0) return loop_.Unwatch(question.pipe.get());
    if (question.text.size() <= question.bytes_max) question.text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool Questions::Ended(std::uint32_t token, int wait_status) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return false;
  Read(found->second);
  Answer(token, AnswerOf(wait_status, found->second.subject, found->second.text));
  return true;
}

bool Questions::Failed(std::uint32_t token, int errno_value) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return false;
  Answer(token,
         supervise::ErrorAnswer(files::SystemError("cannot look into the place for", found->second.subject, errno_value)));
  return true;
}

void Questions::Answer(std::uint32_t token, const Json& answer) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return;
  Question question = std::move(found->second);
  waiting_.erase(found);
  loop_.Unwatch(question.pipe.get());
  loop_.Cancel(question.timer);
  question.reply(answer);
}

void Questions::DropAll() {
  while (!waiting_.empty()) {
    Answer(waiting_.begin()->first, FailedAnswer(ErrorCode::kConflict, "The place is not open any more."));
  }
}

}  // namespace tuesday::sandbox
