// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr const char* kRanges[] = {"10.0.2.", "192.168.222.", "172.29.222.", "10.222.222."};
constexpr int kBacklog = 128;

struct Prefix {
  int family = AF_INET;
  unsigned char address[16] = {};
  int bits = 0;
};

int AddressBytes(int family) { return family == AF_INET ? 4 : 16; }

Result<Prefix> ParsePrefix(const std::string& text, int bits = -1) {
  Prefix prefix;
  prefix.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (::inet_pton(prefix.family, text.c_str(), prefix.address) != 1) {
    return Fail(ErrorCode::kInternal, "'" + text + "' is no address.");
  }
  prefix.bits = bits < 0 ? 8 * AddressBytes(prefix.family) : bits;
  return prefix;
}

// A route to nowhere, by the kernel's own messages (rtnetlink(7)).
struct RouteRequest {
  nlmsghdr header{};
  rtmsg route{};
  char attributes[RTA_SPACE(16)] = {};
};

Result<void> MakeUnreachable(int netlink, const Prefix& prefix) {
  RouteRequest request;
  const int bytes = AddressBytes(prefix.family);
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg)) + RTA_SPACE(bytes);
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
  request.route.rtm_family = static_cast<unsigned char>(prefix.family);
  request.route.rtm_dst_len = static_cast<unsigned char>(prefix.bits);
  request.route.rtm_table = RT_TABLE_MAIN;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_UNIVERSE;
  request.route.rtm_type = RTN_UNREACHABLE;
  rtattr attribute{};
  attribute.rta_type = RTA_DST;
  attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes));
  std::memcpy(request.attributes, &attribute, sizeof attribute);
  std::memcpy(request.attributes + RTA_LENGTH(0), prefix.address, static_cast<std::size_t>(bytes));
  if (::send(netlink, &request, request.header.nlmsg_len, 0) < 0) {
    return std::unexpected(files::SystemError("cannot ask for", "a route", errno));
  }
  alignas(nlmsghdr) char answer[4096];
  const ssize_t got = ::recv(netlink, answer, sizeof answer, 0);
  nlmsghdr header{};
  nlmsgerr error{};
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof error))) return Fail(ErrorCode::kInternal, "The kernel gave no answer.");
  std::memcpy(&header, answer, sizeof header);
  std::memcpy(&error, answer + NLMSG_HDRLEN, sizeof error);
  if (header.nlmsg_type == NLMSG_ERROR && error.error == 0) return {};
  return std::unexpected(files::SystemError("cannot make", "a route", -error.error));
}

Result<void> RaiseLoopback() {
  const files::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket.is_open() || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return std::unexpected(files::SystemError("cannot raise", "the loopback interface", errno));
  }
  return {};
}

}  // namespace

Result<OutsideNetwork> ChooseNetwork(const std::vector<std::string>& own_addresses) {
  for (const std::string range : kRanges) {
    const auto is_in = [&range](const std::string& address) { return address.starts_with(range); };
    if (std::ranges::none_of(own_addresses, is_in)) return OutsideNetwork{range + "0/24", range + "3"};
  }
  return Fail(ErrorCode::kUnavailable, "The machine has addresses in every range that a sandbox could have.");
}

Result<std::vector<std::string>> OwnAddresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::unexpected(files::SystemError("cannot list", "the machine's addresses", errno));
  std::set<std::string> addresses;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    char text[INET6_ADDRSTRLEN] = {};
    const int family = one->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET) address = &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
    if (family == AF_INET6) address = &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
    if (address != nullptr && ::inet_ntop(family, address, text, sizeof text) != nullptr) addresses.insert(text);
  }
  ::freeifaddrs(list);
  return std::vector<std::string>(addresses.begin(), addresses.end());
}

Result<void> ShutOff(const std::vector<std::string>& own_addresses) {
  TRY_OK(RaiseLoopback());
  const files::Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink.is_open()) return std::unexpected(files::SystemError("cannot make", "a netlink socket", errno));
  std::vector<Prefix> prefixes;
  TRY(const Prefix metadata, ParsePrefix("169.254.0.0", 16));
  TRY(const Prefix local, ParsePrefix("fe80::", 10));
  prefixes = {metadata, local};
  for (const std::string& address : own_addresses) {
    TRY(const Prefix prefix, ParsePrefix(address));
    prefixes.push_back(prefix);
  }
  for (const Prefix& prefix : prefixes) {
    const Result<void> made = MakeUnreachable(netlink.get(), prefix);
    // A kernel without version 6 cannot reach such an address anyway; nobody gives the sandbox one.
    if (!made.has_value() && prefix.family == AF_INET) return made;
  }
  return {};
}

Result<files::Fd> ListenOnLoopback(int port) {
  files::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens = listener.is_open() &&
                       ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::listen(listener.get(), kBacklog) == 0;
  if (!listens) return std::unexpected(files::SystemError("cannot listen at", "127.0.0.1:" + std::to_string(port), errno));
  return listener;
}

}  // namespace tuesday::sandbox
