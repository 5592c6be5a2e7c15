"""The log: a tree over the entries, proofs from it, and signed heads, so that nobody can change or drop an entry unseen."""
