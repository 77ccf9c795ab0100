// HalfClose: what becomes of the keepalive of a session in which one side has finished sending and
// the other takes its time.
//
// Netfilter remembers an established connection for days, but a half-closed one for 60 s only
// (nf_conntrack_tcp_timeout_close_wait), and other boxes are no kinder. Idle times are chosen for
// established connections, so a session that stays half-closed is probed more often.
#pragma once

#include <cstdint>

#include "net/keepalive.h"

namespace warmline::relay {

// How long a session may be half-closed and silent before its probes come more often: most
// half-closed sessions are over by then, and cost nothing.
inline constexpr std::uint64_t kHalfClosedGraceMs = 10'000;

// The same patience with a peer that does not answer, but a probe every 20 s at least: a third of
// what netfilter remembers, so that one may be lost. The kernel's 127 probes last for 42 minutes;
// only a user timeout, which replaces their count, makes a patience longer than that.
net::Keepalive HalfClosedKeepalive(const net::Keepalive& planned);

}  // namespace warmline::relay
