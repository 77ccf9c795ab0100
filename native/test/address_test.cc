// Address: what is an address, how it reads, and what its compact twin keeps.
#include "net/address.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

#include "test/check.h"

namespace warmline::net {
namespace {

std::string Reads(const std::string& host, std::uint16_t port) {
  const std::optional<Address> address = Address::FromIp(host, port);
  return address.has_value() ? address->ToString() : "not an address";
}

const test::Register kText("an IP address reads as it is written in a config", [] {
  CHECK_EQ(Reads("127.0.0.1", 80), std::string("127.0.0.1:80"));
  CHECK_EQ(Reads("0.0.0.0", 0), std::string("0.0.0.0:0"));
  CHECK_EQ(Reads("::1", 65535), std::string("[::1]:65535"));
  CHECK_EQ(Reads("2001:db8:0:0::1", 443), std::string("[2001:db8::1]:443"));
  CHECK_EQ(Reads("::ffff:192.0.2.1", 1), std::string("[::ffff:192.0.2.1]:1"));
});

const test::Register kNames("a name is not an address", [] {
  for (const char* host : {"localhost", "example.com", "", "127.0.0.1:80", "[::1]", "1.2.3.4.5"}) {
    CHECK_EQ(Reads(host, 80), std::string("not an address"));
  }
});

const test::Register kScope("a link-local address keeps its scope", [] {
  const std::optional<Address> address = Address::FromIp("fe80::1%lo", 80);
  REQUIRE(address.has_value());
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address->data());
  CHECK_EQ(in6->sin6_scope_id, ::if_nametoindex("lo"));
  CHECK(!(*address == *Address::FromIp("fe80::1", 80)));
  CHECK_EQ(Reads("fe80::1%no-such-interface", 80), std::string("not an address"));
});

const test::Register kParts("an address knows its family, port and path", [] {
  const Address ip = *Address::FromIp("192.0.2.1", 8080);
  CHECK_EQ(ip.family(), AF_INET);
  CHECK_EQ(ip.port(), 8080);
  CHECK_EQ(ip.path(), std::string());
  CHECK(!ip.is_unix());
  CHECK_EQ(Address::FromIp("::1", 8080)->family(), AF_INET6);
  const Address path = *Address::FromPath("/run/app.sock");
  CHECK(path.is_unix());
  CHECK_EQ(path.port(), 0);
  CHECK_EQ(path.path(), std::string("/run/app.sock"));
  CHECK_EQ(path.ToString(), std::string("unix:/run/app.sock"));
});

const test::Register kPathLimit("a unix path has 1 to 107 bytes", [] {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  CHECK(!Address::FromPath("").has_value());
  CHECK(!Address::FromPath(std::string(kLongest + 1, 'x')).has_value());
  const std::string longest(kLongest, 'x');
  const std::optional<Address> address = Address::FromPath(longest);
  REQUIRE(address.has_value());
  CHECK_EQ(address->path(), longest);
});

const test::Register kEqual("two addresses are equal when the kernel sees no difference", [] {
  CHECK(*Address::FromIp("::1", 80) == *Address::FromIp("0:0::1", 80));
  CHECK(!(*Address::FromIp("127.0.0.1", 80) == *Address::FromIp("127.0.0.1", 81)));
  CHECK(!(*Address::FromIp("127.0.0.1", 80) == *Address::FromIp("127.0.0.2", 80)));
  CHECK(*Address::FromPath("/a") == *Address::FromPath("/a"));
  CHECK(!(*Address::FromPath("/a") == *Address::FromPath("/ab")));
  CHECK(!(*Address::FromPath("/a") == *Address::FromIp("127.0.0.1", 0)));
});

const test::Register kNone("an address that was never set reads as nothing", [] {
  CHECK_EQ(Address().ToString(), std::string());
  CHECK_EQ(CompactAddress().ToString(), std::string());
});

const test::Register kUnnamed("a unix peer without a name has an empty path", [] {
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  // What accept(2) gives: the family alone.
  const Address address =
      Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&unnamed), sizeof(sa_family_t));
  CHECK_EQ(address.path(), std::string());
  CHECK_EQ(address.ToString(), std::string("unix:"));
});

const test::Register kCompact("a compact address takes 20 bytes and reads the same", [] {
  CHECK_EQ(sizeof(CompactAddress), 20U);
  for (const char* host : {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::ffff"}) {
    const Address address = *Address::FromIp(host, 54321);
    CHECK_EQ(CompactAddress(address).ToString(), address.ToString());
  }
  CHECK_EQ(CompactAddress(*Address::FromPath("/a")).ToString(), std::string("unix:"));
});

}  // namespace
}  // namespace warmline::net
