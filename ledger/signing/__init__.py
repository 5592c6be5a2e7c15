"""Who signed which bytes: the JWS envelope of an entry, the keys, and what makes a signature count."""
