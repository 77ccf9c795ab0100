// Made by `npm run generate`.
#include "preload/presets.h"

const struct Preset kPresets[] = {
    {"aws-nlb-tcp", 60, 10, 3},       {"aws-nlb-tls", 60, 10, 3},
    {"aws-nat-gateway", 60, 10, 3},   {"aws-network-firewall", 60, 10, 3},
    {"aws-classic-lb", 20, 10, 7},    {"aws-ec2", 60, 10, 3},
    {"aws-ec2-nitro-v6", 60, 10, 3},  {"azure-load-balancer", 60, 10, 3},
    {"azure-nat-gateway", 60, 10, 3}, {"azure-firewall", 60, 10, 3},
    {"gcp-vpc", 60, 10, 3},           {"gcp-cloud-nat", 60, 10, 3},
    {"docker-swarm", 60, 10, 3},      {"meraki", 60, 10, 3},
    {"linux-netfilter", 60, 10, 3},   {"rfc5382", 60, 10, 3},
};

const size_t kPresetCount = sizeof kPresets / sizeof *kPresets;
