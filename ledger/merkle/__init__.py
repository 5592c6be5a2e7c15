"""The log: a tree over the entries, proofs from it and signed heads, so that no entry changes or vanishes unseen."""
