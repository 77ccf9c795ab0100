// Rules: which keepalive the connections with a peer get, by its address: the first rule that fits.
#pragma once

#include <sys/socket.h>

#include "preload/settings.h"
#include "preload/words.h"

// "10.0.0.0/8=60s/10s/3" or "fd00::/8=off"; without bits it is the one address. What the rule
// leaves out is as in `base`.
bool parse_rule(struct Word word, const struct Keepalive* base, struct Rule* rule);

// The keepalive of the first rule that fits the peer; NULL when none does, or when it has no
// internet address.
const struct Keepalive* find_rule(const struct Settings* settings, const struct sockaddr* peer);
