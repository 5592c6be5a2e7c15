"""Everything that can be written down: frozen, versioned structs and the closed table of their kinds."""
