"""Certified copies: what is in a copy, the paper that attests it, and the check of one against the other."""
