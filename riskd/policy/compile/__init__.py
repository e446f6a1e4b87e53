"""From a checked tree of nodes to policies, rules, tests and waivers, or to every fault."""
