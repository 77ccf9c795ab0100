#include "preload/rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { kMappedBits = 96 };

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void map_address(unsigned char address[16], const struct in_addr* from) {
  memcpy(address, mapped, sizeof mapped);
  memcpy(address + sizeof mapped, from, sizeof *from);
}

// Returns how many bits the address has, 0 for what is none.
static int parse_address(struct Word word, unsigned char address[16]) {
  char text[INET6_ADDRSTRLEN];
  struct in_addr v4;
  if (word.length >= sizeof text) return 0;
  memcpy(text, word.at, word.length);
  text[word.length] = '\0';
  if (inet_pton(AF_INET6, text, address) == 1) return 128;
  if (inet_pton(AF_INET, text, &v4) != 1) return 0;
  map_address(address, &v4);
  return 32;
}

bool parse_rule(struct Word word, const struct Keepalive* base, struct Rule* rule) {
  struct Word range = take_until(&word, '=');
  struct Word address = take_until(&range, '/');
  int most = parse_address(address, rule->address);
  rule->bits = most;
  if (most == 0) return false;
  if (range.at != NULL && !parse_number(range, 0, most, &rule->bits)) return false;
  if (most == 32) rule->bits += kMappedBits;
  rule->keepalive = *base;
  return parse_keepalive(word, &rule->keepalive);
}

static bool has_prefix(const unsigned char address[16], const struct Rule* rule) {
  size_t bytes = (size_t)rule->bits / 8;
  unsigned rest = (unsigned)rule->bits % 8;
  if (memcmp(address, rule->address, bytes) != 0) return false;
  return rest == 0 || ((address[bytes] ^ rule->address[bytes]) >> (8 - rest)) == 0;
}

// A wide range of IPv6 addresses, such as ::/0, has no IPv4 addresses in it.
static bool is_in_range(const unsigned char address[16], const struct Rule* rule) {
  bool is_v4 = memcmp(address, mapped, sizeof mapped) == 0;
  return !(is_v4 && rule->bits < kMappedBits) && has_prefix(address, rule);
}

static bool read_address(const struct sockaddr* peer, unsigned char address[16]) {
  if (peer->sa_family == AF_INET) {
    map_address(address, &((const struct sockaddr_in*)peer)->sin_addr);
  } else if (peer->sa_family == AF_INET6) {
    memcpy(address, &((const struct sockaddr_in6*)peer)->sin6_addr, 16);
  } else {
    return false;
  }
  return true;
}

const struct Keepalive* find_rule(const struct Settings* settings, const struct sockaddr* peer) {
  unsigned char address[16];
  if (settings->rule_count == 0 || !read_address(peer, address)) return NULL;
  for (int i = 0; i < settings->rule_count; i++) {
    if (is_in_range(address, &settings->rules[i])) return &settings->rules[i].keepalive;
  }
  return NULL;
}
