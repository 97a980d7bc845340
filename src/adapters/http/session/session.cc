// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/session/session.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "adapters/http/session/body_file.h"
#include "adapters/http/session/incoming.h"
#include "adapters/http/session/outgoing.h"
#include "adapters/http/session/peer.h"
#include "adapters/http/session/wire.h"

namespace tuesday::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytesMax = 64 << 10;   // Of one read, beside the header.
constexpr std::size_t kFirstReadBytes = 4 << 10;  // Of a request; what an idle connection holds.
constexpr Duration kFarewellTime = std::chrono::seconds(1);
constexpr int kHttp11 = 11;

constexpr std::string_view kStreamHeader =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
constexpr std::string_view kKeepAlive = ": still here\n\n";

class Session;

class SessionResponder : public Responder {
 public:
  SessionResponder(std::shared_ptr<Session> session, std::uint64_t request) : session_(std::move(session)), request_(request) {}
  ~SessionResponder() override;
  void Send(HttpResponse response) override;
  std::shared_ptr<EventStream> StartEvents() override;

 private:
  std::shared_ptr<Session> session_;
  std::uint64_t request_;
};

class Session : public Connection, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<SessionHub> hub, std::string listener, int family, int descriptor, TlsSession tls)
      : hub_(std::move(hub)),
        listener_(std::move(listener)),
        peer_(PeerOf(descriptor, family)),
        remote_(RemoteOf(descriptor, family)),
        wire_(Socket(hub_->loop->context(), asio::generic::stream_protocol(family, 0), descriptor), std::move(tls)),
        deadline_(hub_->loop->context()),
        buffer_(hub_->limits.header_bytes_max + kReadBytesMax) {}

  ~Session() override { Forget(); }

  // --- Connection
  void Begin() override {
    hub_->open.emplace(this, weak_from_this());
    ++hub_->counters.connections;
    ++hub_->counters.open_connections;
    counted_ = true;
    wire_.is_tls() ? Handshake() : AwaitRequest();
  }
  void Close() override { End(); }

  // --- what a stream is asked
  bool SendEvent(const ServerEvent& event) { return QueueText(EventText(event)); }
  bool open() const { return streaming_ && !ended_ && !closing_; }
  void OnClosed(std::function<void()> closed) {
    if (ended_) return hub_->loop->Post(std::move(closed));
    closed_ = std::move(closed);
  }
  void CloseStream() {
    closing_ = true;
    if (!writing_) End();
  }

  Loop& loop() const { return *hub_->loop; }

  // --- answers
  void Answer(std::uint64_t request, HttpResponse response) {
    if (!IsOpen(request)) return;
    answered_ = true;
    Write(std::move(response));
  }

  bool StartStream(std::uint64_t request) {
    if (!IsOpen(request)) return false;
    answered_ = streaming_ = true;
    queue_ = kStreamHeader;
    WriteQueue();
    WatchForClose();
    return true;
  }

 private:
  bool IsOpen(std::uint64_t request) const { return !ended_ && !answered_ && request == request_; }

  void Handshake() {
    SetDeadline(hub_->limits.request_time_max, [](Session& self) {
      ++self.hub_->counters.late_requests;
      self.End();
    });
    wire_.Handshake([self = shared_from_this()](error_code error) {
      if (self->ended_) return;
      if (!error) return self->AwaitRequest();
      ++self->hub_->counters.failed_handshakes;
      const bool is_plain = error.category() == asio::error::get_ssl_category() &&
                            ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
      is_plain ? self->RefusePlain() : self->End();
    });
  }

  // HTTP in the clear where TLS is spoken: said in the clear, or nobody would understand it.
  void RefusePlain() {
    static constexpr std::string_view kRefusal =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 45\r\nConnection: close\r\n\r\n"
        "This address speaks TLS: begin with https://\n";
    asio::async_write(wire_.socket(), asio::buffer(kRefusal), [self = shared_from_this()](error_code, std::size_t) {
      if (!self->ended_) self->ShutDownAndDrain();
    });
  }

  void AwaitRequest() {
    answered_ = false;
    ++request_;
    if (buffer_.size() > 0) return ReadHeader();
    SetDeadline(hub_->limits.idle_time_max, [](Session& self) { self.End(); });
    // Not a wait until the socket is readable: the bytes may be in the TLS stream already.
    wire_.async_read_some(buffer_.prepare(kFirstReadBytes), [self = shared_from_this()](error_code error, std::size_t read) {
      if (error || self->ended_) return self->End();
      self->buffer_.commit(read);
      self->ReadHeader();
    });
  }

  void ReadHeader() {
    incoming_.emplace(hub_->limits.header_bytes_max);
    version_ = kHttp11;
    head_ = false;
    SetReadDeadline(hub_->limits.request_time_max);
    beast::http::async_read_header(wire_, buffer_, incoming_->parser,
                                   [self = shared_from_this()](error_code error, std::size_t) {
                                     if (self->ended_ || self->answered_) return;
                                     error ? self->RefuseFor(error) : self->TakeHead();
                                   });
  }

  void SetReadDeadline(Duration time) {
    SetDeadline(time, [](Session& self) {
      ++self.hub_->counters.late_requests;
      self.answered_ = true;
      error_code ignored;
      self.wire_.socket().cancel(ignored);  // Ends the read that is under way.
      self.Refuse(408, "unavailable", "The request did not arrive in time.");
    });
  }

  // Decides about the body by all that comes before it.
  void TakeHead() {
    const auto& header = incoming_->parser.get();
    close_after_ = !header.keep_alive();
    version_ = header.version();
    head_ = header.method() == beast::http::verb::head;
    HttpRequest& request = incoming_->request;
    request.listener = listener_;
    request.peer = peer_;
    request.remote = remote_;
    if (const Result<void> read = ReadHead(header, request); !read.has_value()) return RefuseBad(ErrorText(read.error()));
    incoming_->policy = {.bytes_max = hub_->limits.body_bytes_max, .answer_time_max = hub_->limits.answer_time_max};
    std::optional<BodyPolicy> policy;
    if (hub_->policy_of) hub_->loop->Measure([&] { policy = hub_->policy_of(request); });
    if (policy) {
      SetReadDeadline(policy->body_time_max);
      incoming_->policy = *std::move(policy);
    }
    if (incoming_->policy.refusal) return RefuseBody(*std::move(incoming_->policy.refusal));
    if (incoming_->IsTooLarge()) return RefuseFor(beast::http::error::body_limit);
    incoming_->LimitBody();
    if (incoming_->WantsContinue() && buffer_.size() == 0) return WriteContinue();
    ReadBody();
  }

  void WriteContinue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(wire_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, std::size_t) {
      if (self->ended_ || self->answered_) return;
      error ? self->End() : self->ReadBody();
    });
  }

  void ReadBody() {
    if (incoming_->policy.to_file && incoming_->HasBody()) return BeginSpool();
    beast::http::async_read(wire_, buffer_, incoming_->parser, [self = shared_from_this()](error_code error, std::size_t) {
      if (self->ended_ || self->answered_) return;
      if (error) return self->RefuseFor(error);
      self->incoming_->request.body = std::move(self->incoming_->parser.get().body());
      self->CallHandler();
    });
  }

  // --- bodies that go to a file: a piece is read, then written by the spooler's thread, then the next one is read
  void BeginSpool() {
    Result<std::shared_ptr<SpooledBody>> body = SpooledBody::Create(hub_->spool_folder);
    if (!body.has_value()) return RefuseSpool(body.error());
    incoming_->SpoolTo(*std::move(body));
    ReadPiece();
  }

  void ReadPiece() {
    incoming_->spool->OfferPiece();
    beast::http::async_read(wire_, buffer_, *incoming_->spool->parser,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (self->ended_ || self->answered_) return;
                              if (error && error != beast::http::error::need_buffer) return self->RefuseFor(error);
                              self->incoming_->spool->CountPiece();
                              self->WritePiece();
                            });
  }

  void WritePiece() {
    const auto written = std::make_shared<Result<void>>();
    const Result<void> taken = hub_->spooler->Submit(
        "bodies", incoming_->policy.body_time_max,
        [spool = &*incoming_->spool, written] {
          *written = spool->body->Append(std::string_view(spool->piece).substr(0, spool->filled));
        },
        [self = shared_from_this(), written](const JobReport&) {
          if (!self->ended_ && !self->answered_) self->TakePiece(*written);
        });
    if (!taken.has_value()) Refuse(503, "unavailable", taken.error().message);
  }

  void TakePiece(const Result<void>& written) {
    if (!written.has_value()) return RefuseSpool(written.error());
    if (!incoming_->spool->parser->is_done()) return ReadPiece();
    incoming_->request.spooled = std::move(incoming_->spool->body);
    CallHandler();
  }

  void RefuseSpool(const Error& error) {
    answered_ = true;
    Refuse(error.code == ErrorCode::kLimit ? 507 : 500, ErrorCodeName(error.code), ErrorText(error));
  }

  // --- refusals
  void RefuseBody(HttpResponse refusal) {
    answered_ = true;
    close_after_ |= incoming_->HasBody();
    Write(std::move(refusal));
  }

  void RefuseBad(std::string_view message) {
    ++hub_->counters.bad_requests;
    answered_ = true;
    Refuse(400, "invalid", message);
  }

  void RefuseFor(error_code error) {
    using Error = beast::http::error;
    if (error == Error::end_of_stream || error.category() != beast::http::make_error_code(Error::bad_target).category()) {
      return End();  // The client is gone.
    }
    if (error != Error::body_limit && error != Error::header_limit && error != Error::buffer_overflow)
      return RefuseBad(fmt::format("The request is not HTTP: {}.", error.message()));
    ++hub_->counters.bad_requests;
    answered_ = true;
    if (error == Error::body_limit) {
      return Refuse(413, "limit", fmt::format("The body is larger than {} bytes.", incoming_->policy.bytes_max));
    }
    Refuse(431, "limit", fmt::format("The header is larger than {} bytes.", hub_->limits.header_bytes_max));
  }

  // Answers and closes: what follows on this connection cannot be told apart any more.
  void Refuse(int status, std::string_view code, std::string_view message) {
    close_after_ = true;
    Write(ErrorResponse(status, code, message));
  }

  void CallHandler() {
    const HttpRequest request = std::move(incoming_->request);
    const Duration answer_time_max = incoming_->policy.answer_time_max;
    incoming_.reset();
    ++hub_->counters.requests;
    SetDeadline(answer_time_max, [](Session& self) {
      ++self.hub_->counters.late_answers;
      self.answered_ = true;
      self.Refuse(503, "unavailable", "There was no answer in time.");
    });
    auto responder = std::make_shared<SessionResponder>(shared_from_this(), request_);
    hub_->loop->Measure([&] { hub_->handler(request, std::move(responder)); });
  }

  void Write(HttpResponse answer) {
    response_.emplace(MakeResponse(answer, {.version = version_, .keep_alive = !close_after_, .is_head = head_}));
    file_ = head_ || !answer.file ? nullptr : BodyFile::Open(*answer.file);
    SetDeadline(hub_->limits.write_time_max, [](Session& self) {
      ++self.hub_->counters.dropped_slow_clients;
      self.End();
    });
    beast::http::async_write(wire_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (self->ended_) return;
      if (!error && self->file_ != nullptr) return self->WriteFilePiece();
      self->FinishAnswer(error);
    });
  }

  void FinishAnswer(error_code error) {
    if (error || close_after_) return FinishAndEnd();
    response_.reset();
    AwaitRequest();
  }

  void WriteFilePiece() {
    const auto piece = file_->Next();
    if (!piece) return End();  // The client sees fewer bytes than were told.
    if (piece->empty()) {
      file_.reset();
      return FinishAnswer({});
    }
    SetDeadline(hub_->limits.write_time_max, [](Session& self) {
      ++self.hub_->counters.dropped_slow_clients;
      self.End();
    });
    asio::async_write(wire_, asio::buffer(*piece), [self = shared_from_this()](error_code error, std::size_t) {
      if (self->ended_) return;
      error ? self->End() : self->WriteFilePiece();
    });
  }

  // Sends the end first: closing at once with unread bytes from the client would destroy the answer on its way (RFC 9112 9.6).
  void FinishAndEnd() {
    if (!wire_.is_tls()) return ShutDownAndDrain();
    SetDeadline(kFarewellTime, [](Session& self) { self.End(); });
    wire_.Farewell([self = shared_from_this()](error_code) { self->End(); });
  }

  void ShutDownAndDrain() {
    error_code ignored;
    wire_.socket().shutdown(Socket::shutdown_send, ignored);
    SetDeadline(kFarewellTime, [](Session& self) { self.End(); });
    Drain();
  }

  void Drain() {
    wire_.socket().async_read_some(asio::buffer(unread_), [self = shared_from_this()](error_code error, std::size_t) {
      if (error || self->ended_) return self->End();
      self->Drain();
    });
  }

  // --- streams
  bool QueueText(std::string_view text) {
    if (!open()) return false;
    if (queue_.size() + in_flight_.size() + text.size() > hub_->limits.stream_bytes_max) {
      ++hub_->counters.dropped_slow_clients;
      End();
      return false;
    }
    queue_ += text;
    if (!writing_) WriteQueue();
    return true;
  }

  void WriteQueue() {
    writing_ = true;
    in_flight_ = std::exchange(queue_, {});
    SetDeadline(hub_->limits.write_time_max, [](Session& self) {
      ++self.hub_->counters.dropped_slow_clients;
      self.End();
    });
    asio::async_write(wire_, asio::buffer(in_flight_), [self = shared_from_this()](error_code error, std::size_t) {
      self->writing_ = false;
      self->in_flight_.clear();
      if (self->ended_) return;
      if (error) return self->End();
      if (!self->queue_.empty()) return self->WriteQueue();
      if (self->closing_) return self->End();
      self->SetDeadline(self->hub_->limits.keep_alive_interval, [](Session& quiet) { quiet.QueueText(kKeepAlive); });
    });
  }

  // A client of a stream sends nothing more; what can be read is its end.
  void WatchForClose() {
    wire_.async_read_some(asio::buffer(unread_), [self = shared_from_this()](error_code error, std::size_t) {
      if (self->ended_) return;
      if (error) return self->End();
      self->WatchForClose();
    });
  }

  void SetDeadline(Duration time, void (*expired)(Session&)) {
    deadline_.expires_after(time);
    const std::uint64_t number = ++deadline_number_;
    deadline_.async_wait([weak = weak_from_this(), number, expired](error_code error) {
      const std::shared_ptr<Session> self = weak.lock();
      if (error || self == nullptr || self->ended_ || number != self->deadline_number_) return;
      expired(*self);
    });
  }

  void End() {
    if (std::exchange(ended_, true)) return;
    error_code ignored;
    deadline_.cancel();
    wire_.socket().shutdown(Socket::shutdown_both, ignored);
    wire_.socket().close(ignored);
    Forget();
    if (closed_) hub_->loop->Post(std::exchange(closed_, nullptr));
  }

  void Forget() {
    hub_->open.erase(this);
    if (std::exchange(counted_, false)) --hub_->counters.open_connections;
  }

  std::shared_ptr<SessionHub> hub_;
  std::string listener_;
  std::optional<Peer> peer_;
  std::string remote_;
  Wire wire_;
  asio::steady_timer deadline_;
  std::uint64_t deadline_number_ = 0;
  beast::flat_buffer buffer_;
  std::array<char, 4096> unread_{};  // Where bytes go that nobody will look at.
  std::optional<Incoming> incoming_;
  std::optional<BeastResponse> response_;
  std::unique_ptr<BodyFile> file_;  // What is still to be sent of the answer.
  std::uint64_t request_ = 0;       // Numbers the requests, so that a late answer cannot go to the next one.
  unsigned version_ = kHttp11;
  bool head_ = false;
  bool close_after_ = false;
  bool answered_ = false;
  bool ended_ = false;
  bool counted_ = false;

  bool streaming_ = false;
  bool closing_ = false;
  bool writing_ = false;
  std::string queue_;
  std::string in_flight_;
  std::function<void()> closed_;
};

// What a handler holds of a stream: when it lets go, the stream ends.
class SessionStream : public EventStream {
 public:
  explicit SessionStream(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  ~SessionStream() override { session_->CloseStream(); }
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;
  bool Send(const ServerEvent& event) override { return session_->SendEvent(event); }
  void Close() override { session_->CloseStream(); }
  bool open() const override { return session_->open(); }
  void OnClosed(std::function<void()> closed) override { session_->OnClosed(std::move(closed)); }

 private:
  std::shared_ptr<Session> session_;
};

// Stands for the stream of a client that was gone, or had its answer, before the stream began.
class EndedStream : public EventStream {
 public:
  explicit EndedStream(Loop& loop) : loop_(loop) {}
  bool Send(const ServerEvent&) override { return false; }
  void Close() override {}
  bool open() const override { return false; }
  void OnClosed(std::function<void()> closed) override { loop_.Post(std::move(closed)); }

 private:
  Loop& loop_;
};

SessionResponder::~SessionResponder() {
  session_->Answer(request_, ErrorResponse(500, "internal", "The request was given up without an answer."));
}

void SessionResponder::Send(HttpResponse response) { session_->Answer(request_, std::move(response)); }

std::shared_ptr<EventStream> SessionResponder::StartEvents() {
  if (!session_->StartStream(request_)) return std::make_shared<EndedStream>(session_->loop());
  return std::make_shared<SessionStream>(session_);
}

}  // namespace

std::shared_ptr<Connection> MakeSession(std::shared_ptr<SessionHub> hub, std::string listener, int family, int descriptor,
                                        TlsSession tls) {
  return std::make_shared<Session>(std::move(hub), std::move(listener), family, descriptor, std::move(tls));
}

}  // namespace tuesday::http
