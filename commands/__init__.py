"""What people may do: one order per act, and the one path by which it is performed."""
