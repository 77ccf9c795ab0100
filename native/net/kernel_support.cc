#include "net/kernel_support.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "net/fd.h"
#include "net/keepalive.h"
#include "net/pidfd.h"
#include "net/sock_diag.h"

namespace warmline::net {
namespace {

struct Field {
  std::string_view name;
  std::size_t end;
};

// What net/tcp_info.cc reads that came after Linux 2.6, and where each ends.
constexpr std::array kFields = {
    Field{"tcpi_total_retrans",
          offsetof(tcp_info, tcpi_total_retrans) + sizeof(tcp_info::tcpi_total_retrans)},
    Field{"tcpi_bytes_acked",
          offsetof(tcp_info, tcpi_bytes_acked) + sizeof(tcp_info::tcpi_bytes_acked)},
    Field{"tcpi_bytes_received",
          offsetof(tcp_info, tcpi_bytes_received) + sizeof(tcp_info::tcpi_bytes_received)},
    Field{"tcpi_segs_out", offsetof(tcp_info, tcpi_segs_out) + sizeof(tcp_info::tcpi_segs_out)},
    Field{"tcpi_notsent_bytes",
          offsetof(tcp_info, tcpi_notsent_bytes) + sizeof(tcp_info::tcpi_notsent_bytes)},
    Field{"tcpi_data_segs_out",
          offsetof(tcp_info, tcpi_data_segs_out) + sizeof(tcp_info::tcpi_data_segs_out)},
    Field{"tcpi_rwnd_limited",
          offsetof(tcp_info, tcpi_rwnd_limited) + sizeof(tcp_info::tcpi_rwnd_limited)},
    Field{"tcpi_snd_wnd", offsetof(tcp_info, tcpi_snd_wnd) + sizeof(tcp_info::tcpi_snd_wnd)},
};

}  // namespace

Result<std::size_t> TcpInfoBytes(int fd) {
  std::array<std::byte, 1024> info{};
  socklen_t length = info.size();
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, info.data(), &length) == -1) {
    return SysError::FromErrno("getsockopt(TCP_INFO)");
  }
  return std::size_t{length};
}

std::vector<std::string_view> TcpInfoFieldsBeyond(std::size_t bytes) {
  std::vector<std::string_view> beyond;
  for (const Field& field : kFields) {
    if (field.end > bytes) beyond.push_back(field.name);
  }
  return beyond;
}

Status TryRtoMax(int fd) {
  int longest_ms = 0;
  socklen_t length = sizeof longest_ms;
  if (::getsockopt(fd, IPPROTO_TCP, kTcpRtoMaxMs, &longest_ms, &length) == -1) {
    return SysError::FromErrno("getsockopt(TCP_RTO_MAX_MS)");
  }
  return {};
}

Status TrySplice(int fd) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == -1) return SysError::FromErrno("pipe2");
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  const ssize_t moved =
      ::splice(fd, nullptr, write_end.get(), nullptr, 1, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  // EAGAIN: it would have moved something.
  if (moved == -1 && errno != EAGAIN) return SysError::FromErrno("splice");
  return {};
}

Status TryPidfdGetfd(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) == -1) return SysError::FromErrno("fstat");
  const Result<Fd> process = OpenProcess(::getpid());
  if (!process.ok()) return process.error();
  const Result<Fd> copy = DuplicateSocket(process.value().get(), fd, status.st_ino);
  return copy.ok() ? Status() : Status(copy.error());
}

Status TrySockDiag() {
  const Result<TcpDump> dump = DumpTcpSockets({.network_namespace = "", .limit = 1});
  return dump.ok() ? Status() : Status(dump.error());
}

}  // namespace warmline::net
