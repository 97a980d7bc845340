// SPDX-License-Identifier: Apache-2.0
// What a job tries that it shall not: each attempt with the outcome that it has. Run as root and as somebody else.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "adapters/sandbox/bubble/network.h"
#include "adapters/sandbox/place_job_test.h"

namespace tuesday::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using EscapeTest = JobTest;

struct Attempt {
  const char* name;
  const char* script;   // Succeeds when the attempt does.
  const char* outcome;  // In the log.
};

// Numbers of system calls are those of x86-64.
std::string Call(int number, const std::string& arguments) {
  // Strings must be variables: the call may write into them.
  return fmt::format("perl -e '$s = \"/tmp\"; $r = syscall({}, {}); die \"$!\\n\" if $r == -1'", number, arguments);
}

TEST_F(EscapeTest, FilesOfTheMachineAreNotThere) {
  Open();
  const Attempt attempts[] = {
      {"Shadow", "cat /etc/shadow", "No such file"},
      {"ShadowThroughTheFirstProcess", "cat /proc/1/root/etc/shadow", "Permission denied"},
      {"ProgramOfTheFirstProcess", "head -c 1 /proc/1/mem", "Permission denied"},
      {"VariablesOfTheFirstProcess", "cat /proc/1/environ", "Permission denied"},
      {"Programs", "touch /usr/bin/x", "Read-only file system"},
      {"Root", "touch /x", "Read-only file system"},
      {"Devices", "touch /dev/x", "Read-only file system"},
      {"OurFolder", "touch /run/x", "Read-only file system"},
      {"OurProgram", "echo x >> /run/tuesday/tuesday", "Permission denied"},
      {"Cgroups", "ls /sys/fs/cgroup", "No such file"},
      {"KernelSettings", "echo 1 > /proc/sys/kernel/panic", "Permission denied"},
      {"KernelCaches", "echo 3 > /proc/sys/vm/drop_caches", "Permission denied"},
      {"DeviceNode", "mknod /tmp/disk b 8 0", "Operation not permitted"},
      {"Memory", "head -c 1 /dev/mem", "No such file"},
      {"Disk", "head -c 1 /dev/vda /dev/sda", "No such file"},
      {"Accounts", "grep -c daemon: /etc/passwd", "0"},
  };
  for (const Attempt& attempt : attempts) {
    EXPECT_NE(Run(attempt.script).exit_code, 0) << attempt.name;
    EXPECT_THAT(Log(ordinal_), HasSubstr(attempt.outcome)) << attempt.name;
  }
}

TEST_F(EscapeTest, SystemCallsThatOpenTheWallAreRefused) {
  Open();
  const std::pair<const char*, std::string> attempts[] = {
      {"Mount", Call(165, "$s, $s, $s, 0, 0")},
      {"Remount", Call(165, "$s, $s, 0, 0x1020, 0")},
      {"Unmount", Call(166, "$s, 0")},
      {"NewMountApi", Call(430, "$s, 0")},
      {"MoveMount", Call(429, "-100, $s, -100, $s, 0")},
      {"Chroot", Call(161, "$s")},
      {"PivotRoot", Call(155, "$s, $s")},
      {"Ptrace", Call(101, "16, getppid(), 0, 0")},
      {"PtraceMe", Call(101, "0, 0, 0, 0")},
      {"ReadOthersMemory", Call(310, "1, 0, 0, 0, 0, 0")},
      {"WriteOthersMemory", Call(311, "1, 0, 0, 0, 0, 0")},
      {"Keys", Call(250, "0, -3, 1")},
      {"AddKey", Call(248, "$s, $s, $s, 1, -3")},
      {"Bpf", Call(321, "0, 0, 0")},
      {"UserNamespace", Call(272, "0x10000000")},
      {"EnterNamespace", Call(308, "0, 0")},
      {"CloneUserNamespace", Call(56, "0x10000011, 0, 0, 0, 0")},
      {"CloneMountNamespace", Call(56, "0x00020011, 0, 0, 0, 0")},
      {"Kexec", Call(246, "0, 0, 0, 0")},
      {"UserFaults", Call(323, "0")},
      {"Performance", Call(298, "0, 0, -1, -1, 0")},
      {"Rings", Call(425, "1, 0")},
      {"Personality", Call(135, "0x0040000")},
      {"Module", Call(175, "0, 0, $s")},
      {"Reboot", Call(169, "0xfee1dead, 672274793, 0x1234567")},
      {"Clock", Call(227, "0, 0")},
      {"FileHandles", Call(304, "-1, 0, 0")},
      {"TypeIntoTheTerminal", Call(16, "0, 0x5412, $s")},
      {"RawSocket", "perl -MSocket -e 'socket(S, AF_INET, SOCK_RAW, 1) or die \"$!\\n\"'"},
      {"HostName", "hostname elsewhere"},
  };
  for (const auto& [name, script] : attempts) {
    EXPECT_NE(Run(script).exit_code, 0) << name;
    EXPECT_THAT(Log(ordinal_), ::testing::AnyOf(HasSubstr("Operation not permitted"), HasSubstr("must be root"))) << name;
  }
  Run(Call(435, "0, 0"));
  EXPECT_THAT(Log(ordinal_), HasSubstr("Function not implemented"));
  Run("perl -e 'socket(S, 40, 1, 0) or die \"$!\\n\"'");
  EXPECT_THAT(Log(ordinal_), HasSubstr("Address family not supported"));
}

TEST_F(EscapeTest, AJobIsNobodyAndStaysNobody) {
  Open();
  Run("grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid)' /proc/self/status; id");
  const std::string log = Log(ordinal_);
  for (const char* line : {"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000",
                           "CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "uid=1001(runner)"}) {
    EXPECT_THAT(log, HasSubstr(line));
  }
  EXPECT_NE(Run("su -c 'echo got in' < /dev/null").exit_code, 0);
  EXPECT_THAT(Log(ordinal_), Not(HasSubstr("got in")));
  // A program with the bit of its own gains nothing either.
  EXPECT_THAT(LogOf("cp /usr/bin/id /tmp/id; chmod 4755 /tmp/id; /tmp/id -u"), HasSubstr(" 1001\n"));
}

TEST_F(EscapeTest, TheUserOutsideIsOneOfItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives users";
  Open();
  PlaceSpec other = spec_;
  other.id = PlaceId("job-2");
  ASSERT_TRUE(machine_.places().Open(other).has_value());
  const auto owner = [&](const PlaceId& place) {
    struct stat facts{};
    EXPECT_EQ(::stat(machine_.FolderOf(place).home().c_str(), &facts), 0);
    return facts.st_uid;
  };
  EXPECT_GE(owner(spec_.id), 1'900'000U);
  EXPECT_GE(owner(other.id), 1'900'000U);
  EXPECT_NE(owner(spec_.id), owner(other.id));
}

TEST_F(EscapeTest, OtherPlacesAndTheStateAreNotSeen) {
  Open();
  PlaceSpec other = spec_;
  other.id = PlaceId("job-2");
  ASSERT_TRUE(machine_.places().Open(other).has_value());
  StepOrder sleep = Order("sleep 424242");
  ASSERT_TRUE(machine_.places().Start(other.id, sleep).has_value());
  EXPECT_TRUE(machine_.WaitUntil([&] { return ProcessesWith("424242") > 0; }));
  // The brackets keep grep from finding itself.
  EXPECT_THAT(LogOf("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '[4]24242' || true"), HasSubstr(" 0\n"));
  EXPECT_NE(Run("ls " + machine_.path()).exit_code, 0);
  EXPECT_THAT(Log(ordinal_), HasSubstr("No such file"));
}

TEST_F(EscapeTest, TheFirstProcessCannotBeEndedFromWithin) {
  Open();
  Run("kill -9 1; kill -TERM 1; kill -INT 1; kill -SEGV 1; kill -STOP 1; echo still here");
  EXPECT_THAT(Log(ordinal_), HasSubstr("still here"));
  EXPECT_EQ(Run("true").exit_code, 0);
}

// A socket of this machine, listening.
class Listener {
 public:
  explicit Listener(bool is_abstract) {
    fd_ = files::Fd(::socket(is_abstract ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path + 1, "tuesday-escape-test");
    sockaddr_in any{};
    any.sin_family = AF_INET;
    const auto* address = is_abstract ? reinterpret_cast<const sockaddr*>(&name) : reinterpret_cast<const sockaddr*>(&any);
    EXPECT_EQ(::bind(fd_.get(), address, is_abstract ? 3 + std::strlen(name.sun_path + 1) : sizeof any), 0);
    EXPECT_EQ(::listen(fd_.get(), 4), 0);
    socklen_t size = sizeof any;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&any), &size);
    port_ = ntohs(any.sin_port);
  }
  int port() const { return port_; }

 private:
  files::Fd fd_;
  int port_ = 0;
};

class NetworkEscapeTest : public JobTest {
 protected:
  NetworkEscapeTest() {
    // Without the device only places without a way out can be made; what is refused is the same.
    if (::geteuid() == 0 || ::access("/dev/net/tun", R_OK | W_OK) == 0) spec_.network = Network::kOutside;
  }
  std::string Connect(const std::string& address, int port) {
    return LogOf(fmt::format("exec 3<>/dev/tcp/{}/{} && echo connected", address, port));
  }
};

TEST_F(NetworkEscapeTest, TheMachineAndTheMetadataAddressAreRefused) {
  const Listener listener(false);
  Open();
  EXPECT_THAT(Connect("169.254.169.254", 80), HasSubstr("No route to host"));
  EXPECT_THAT(Connect("127.0.0.1", listener.port()), HasSubstr("Connection refused"));
  EXPECT_THAT(Connect("0.0.0.0", listener.port()), HasSubstr("Connection refused"));
  EXPECT_THAT(Connect("10.0.2.2", listener.port()), Not(HasSubstr("connected\n")));
  const auto own = OwnAddresses();
  ASSERT_TRUE(own.has_value());
  for (const std::string& address : *own) {
    const std::string log = Connect(address, listener.port());
    EXPECT_THAT(log, Not(HasSubstr("connected\n"))) << address;
    if (address.find(':') == std::string::npos) {
      EXPECT_THAT(log, HasSubstr("No route to host")) << address;
    }
  }
  EXPECT_NE(Run("ip route del unreachable 169.254.0.0/16").exit_code, 0);
  EXPECT_THAT(Log(ordinal_), ::testing::AnyOf(HasSubstr("Operation not permitted"), HasSubstr("not found")));
}

TEST_F(NetworkEscapeTest, TheWayOutEndsWithItsSupervisor) {
  if (spec_.network == Network::kNone) GTEST_SKIP() << "no /dev/net/tun here";
  Open();
  const std::string parent = fmt::format("PPid:\t{}\n", machine_.SupervisorOf(spec_.id));
  std::vector<std::string> children;
  for (const std::string& name : files::NamesIn("/proc")) {
    const std::string status = files::ReadFile("/proc/" + name + "/status", 65536).value_or("");
    if (status.find(parent) != std::string::npos) children.push_back("/proc/" + name);
  }
  EXPECT_GE(children.size(), 2U);  // bubblewrap and slirp4netns.
  machine_.Lose(spec_.id);
  EXPECT_TRUE(machine_.WaitUntil([&] { return std::ranges::none_of(children, &files::Exists); }));
}

TEST_F(NetworkEscapeTest, AbstractSocketsOfTheMachineAreNotThere) {
  const Listener listener(true);
  Open();
  Run("perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un(\"\\0tuesday-escape-test\")) or die "
      "\"$!\\n\"'");
  EXPECT_THAT(Log(ordinal_), HasSubstr("Connection refused"));
}

TEST_F(NetworkEscapeTest, NoSocketOfADaemonIsReachable) {
  Open();
  EXPECT_THAT(LogOf("find / -xdev -type s 2>/dev/null | grep -v '^/proc' || echo no sockets"), HasSubstr("no sockets"));
}

}  // namespace
}  // namespace tuesday::sandbox
