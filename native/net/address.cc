#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>

namespace warmline::net {
namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

std::string FormatIp(int family, const void* bytes, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(family, bytes, text, sizeof text) == nullptr) return "";
  std::string address(text);
  if (family == AF_INET6) address.insert(0, 1, '[').push_back(']');
  return address.append(1, ':').append(std::to_string(port));
}

}  // namespace

std::optional<Address> Address::FromIp(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // getaddrinfo instead of inet_pton: it knows the scope of a link-local address.
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  return FromSockaddr(found->ai_addr, found->ai_addrlen);
}

std::optional<Address> Address::FromPath(std::string_view path) {
  sockaddr_un addr{};
  if (path.empty() || path.size() >= sizeof addr.sun_path) return std::nullopt;
  addr.sun_family = AF_UNIX;
  std::memcpy(addr.sun_path, path.data(), path.size());
  const auto length = static_cast<socklen_t>(kPathOffset + path.size() + 1);
  return FromSockaddr(reinterpret_cast<const sockaddr*>(&addr), length);
}

Address Address::FromSockaddr(const sockaddr* addr, socklen_t length) {
  Address result;
  result.length_ = std::min<socklen_t>(length, sizeof result.storage_);
  std::memcpy(&result.storage_, addr, result.length_);
  return result;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  }
  return 0;
}

std::string Address::path() const {
  if (!is_unix() || length_ <= kPathOffset) return "";
  const auto* addr = reinterpret_cast<const sockaddr_un*>(&storage_);
  return {addr->sun_path, strnlen(addr->sun_path, length_ - kPathOffset)};
}

std::string Address::ToString() const {
  if (family() == AF_INET) {
    return FormatIp(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, port());
  }
  if (family() == AF_INET6) {
    return FormatIp(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, port());
  }
  return is_unix() ? "unix:" + path() : "";
}

bool operator==(const Address& a, const Address& b) {
  return a.length_ == b.length_ && std::memcmp(&a.storage_, &b.storage_, a.length_) == 0;
}

CompactAddress::CompactAddress(const Address& address)
    : port_(address.port()), family_(static_cast<std::uint16_t>(address.family())) {
  if (family_ == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address.data());
    std::memcpy(bytes_.data(), &in->sin_addr, sizeof in->sin_addr);
  } else if (family_ == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    std::memcpy(bytes_.data(), &in6->sin6_addr, sizeof in6->sin6_addr);
  }
}

std::string CompactAddress::ToString() const {
  if (family_ == AF_UNIX) return "unix:";
  if (family_ == AF_UNSPEC) return "";
  return FormatIp(family_, bytes_.data(), port_);
}

}  // namespace warmline::net
