// Echo: a server that sends back what it gets, half-closes included.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "net/address.h"
#include "net/fd.h"
#include "test/net_fixture.h"

namespace warmline::test {

// Serves on a thread of its own from construction to destruction; then it closes what is left.
class Echo {
 public:
  explicit Echo(const net::Address& at = Loopback());
  ~Echo();
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  [[nodiscard]] const net::Address& address() const { return address_; }

 private:
  struct Client {
    net::Fd fd;
    std::string pending;  // read, not yet sent; nothing more is read meanwhile
  };

  void Serve();
  void AcceptOne();
  // False once the client has ended or failed.
  static bool Step(Client& client);

  net::Fd listener_;
  net::Address address_;
  net::Fd stop_;
  std::vector<Client> clients_;
  std::thread thread_;
};

}  // namespace warmline::test
