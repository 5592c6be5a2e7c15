"""A head of the log on paper: one page to print and sign, which nobody can change from afar."""
