"""Pure judgement: what the protocol says of a fact or of an act that is about to be signed."""
