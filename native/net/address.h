// Address: a numeric IPv4, IPv6 or unix socket address. Never resolves a name.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace warmline::net {

// A socket address as the kernel takes it. A value; any thread.
class Address {
 public:
  // host is numeric, such as "127.0.0.1", "::1" or "fe80::1%eth0"; nullopt when it is not.
  static std::optional<Address> FromIp(const std::string& host, std::uint16_t port);
  // nullopt when path does not fit sun_path (107 bytes: unix(7)) or is empty.
  static std::optional<Address> FromPath(std::string_view path);
  static Address FromSockaddr(const sockaddr* addr, socklen_t length);

  [[nodiscard]] const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const { return length_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }
  [[nodiscard]] std::uint16_t port() const;  // 0 for a unix socket
  [[nodiscard]] std::string path() const;    // "" for an IP address
  // "127.0.0.1:80", "[::1]:80" or "unix:/path".
  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = sizeof(sa_family_t);
};

// An IP address and port in 20 bytes, for objects of which there are many. A unix peer has no name.
class CompactAddress {
 public:
  CompactAddress() = default;
  explicit CompactAddress(const Address& address);

  [[nodiscard]] bool is_unix() const { return family_ == AF_UNIX; }
  // As Address::ToString; "unix:" for a unix peer and "" for none.
  [[nodiscard]] std::string ToString() const;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint16_t port_ = 0;
  std::uint16_t family_ = AF_UNSPEC;
};

}  // namespace warmline::net
