"""A trial site played through on a training ledger: fictional people, fictional parameters, real signatures."""
