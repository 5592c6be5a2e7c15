"""The casebook: everything that is known of one patient on one page to read and print, with every signature in full."""
