// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/filter.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

// Mounts, other processes' insides, keys, programs for the kernel, namespaces, the machine itself.
constexpr const char* kRefused[] = {"mount",
                                    "umount",
                                    "umount2",
                                    "mount_setattr",
                                    "move_mount",
                                    "open_tree",
                                    "fsopen",
                                    "fsconfig",
                                    "fsmount",
                                    "fspick",
                                    "pivot_root",
                                    "chroot",
                                    "ptrace",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "kcmp",
                                    "pidfd_getfd",
                                    "process_madvise",
                                    "keyctl",
                                    "add_key",
                                    "request_key",
                                    "bpf",
                                    "unshare",
                                    "setns",
                                    "kexec_load",
                                    "kexec_file_load",
                                    "userfaultfd",
                                    "perf_event_open",
                                    "io_uring_setup",
                                    "io_uring_enter",
                                    "io_uring_register",
                                    "init_module",
                                    "finit_module",
                                    "delete_module",
                                    "reboot",
                                    "swapon",
                                    "swapoff",
                                    "acct",
                                    "quotactl",
                                    "quotactl_fd",
                                    "syslog",
                                    "open_by_handle_at",
                                    "name_to_handle_at",
                                    "iopl",
                                    "ioperm",
                                    "modify_ldt",
                                    "lookup_dcookie",
                                    "vhangup",
                                    "settimeofday",
                                    "clock_settime",
                                    "clock_settime64",
                                    "clock_adjtime",
                                    "adjtimex",
                                    "sethostname",
                                    "setdomainname",
                                    "fanotify_init",
                                    "nfsservctl",
                                    "_sysctl",
                                    "uselib",
                                    "ustat",
                                    "vm86",
                                    "vm86old",
                                    "move_pages",
                                    "migrate_pages",
                                    "memfd_secret"};

constexpr std::uint64_t kNamespaceFlags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
                                             CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWTIME};

// The kinds of sockets that a job has. Others (packet, vsock, alg, bluetooth …) know no network namespace or are seldom tested.
constexpr int kFamilies[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int kFamiliesMax = 64;

int RefuseCalls(scmp_filter_ctx filter) {
  for (const char* name : kRefused) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // Newer than the library, or of another machine: nobody has it here.
    if (const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0); failed != 0 && failed != -EDOM)
      return failed;
  }
  return 0;
}

int RefuseArguments(scmp_filter_ctx filter) {
  const std::uint32_t refused = SCMP_ACT_ERRNO(EPERM);
  for (const std::uint64_t flag : kNamespaceFlags) {
    const scmp_arg_cmp has{0, SCMP_CMP_MASKED_EQ, flag, flag};
    if (const int failed = ::seccomp_rule_add(filter, refused, SCMP_SYS(clone), 1, has); failed != 0) return failed;
  }
  // Its flags are in memory, where no filter can look. The C library falls back to clone.
  if (const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0); failed != 0) return failed;
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}}) {
    const scmp_arg_cmp is{1, SCMP_CMP_MASKED_EQ, 0xffffffffULL, request};
    if (const int failed = ::seccomp_rule_add(filter, refused, SCMP_SYS(ioctl), 1, is); failed != 0) return failed;
  }
  const scmp_arg_cmp another{0, SCMP_CMP_NE, 0, 0};
  if (const int failed = ::seccomp_rule_add(filter, refused, SCMP_SYS(personality), 1, another); failed != 0) return failed;
  for (int family = 0; family < kFamiliesMax; ++family) {
    bool allowed = false;
    for (const int one : kFamilies) allowed |= one == family;
    if (allowed) continue;
    const scmp_arg_cmp is{0, SCMP_CMP_MASKED_EQ, 0xffffffffULL, static_cast<std::uint64_t>(family)};
    const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, is);
    if (failed != 0) return failed;
  }
  return 0;
}

}  // namespace

Result<files::Fd> MakeFilter() {
  const Context filter(::seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) return Fail(ErrorCode::kInternal, "The filter of system calls cannot be made.");
  // Calls of a foreign kind (32 bits) would be judged by other numbers.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  // A tree instead of a list: every call of every program goes through it.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  int failed = RefuseCalls(filter.get());
  if (failed == 0) failed = RefuseArguments(filter.get());
  files::Fd memory(::memfd_create("filter", MFD_CLOEXEC));
  if (failed == 0 && memory.is_open()) failed = ::seccomp_export_bpf(filter.get(), memory.get());
  if (failed != 0 || !memory.is_open()) {
    return std::unexpected(files::SystemError("cannot make", "the filter of system calls", failed == 0 ? errno : -failed));
  }
  ::lseek(memory.get(), 0, SEEK_SET);
  return memory;
}

}  // namespace tuesday::sandbox
