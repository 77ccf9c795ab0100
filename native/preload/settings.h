// Settings: what is asked of TCP sockets, as the environment of a process says it. Plain data;
// knows no sockets.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Instead of a value: the system's stands, or for a user timeout: it follows from the other three.
enum { kLeave = -1, kAuto = -2 };

// The keepalive of one socket.
struct Keepalive {
  bool on;
  int count;         // 1 to 127, or kLeave
  int idle;          // seconds, 1 to 32767, or kLeave
  int interval;      // seconds, 1 to 32767, or kLeave
  int user_timeout;  // milliseconds, 0 is off, or kLeave or kAuto
};

// The keepalive of connections with these peers.
struct Rule {
  unsigned char address[16];  // an IPv4 address as IPv6 has it, ::ffff:10.0.0.0
  int bits;                   // how many of its bits must be the peer's
  struct Keepalive keepalive;
};

// A value that was not understood.
struct Complaint {
  const char* name;
  const char* expected;
  char got[48];  // cut off where it is longer
};

enum { kMostRules = 32, kMostComplaints = 4 };

// All of it.
struct Settings {
  struct Keepalive keepalive;
  int rule_count;
  struct Rule rules[kMostRules];
  int complaint_count;
  struct Complaint complaints[kMostComplaints];
};

// Returns the value of a variable, or NULL.
typedef const char* LookUp(const char* name);

// Reads what the variables say. What is not understood is ignored and complained of.
void read_settings(struct Settings* settings, LookUp* look_up);
