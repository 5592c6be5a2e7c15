"""Pages for people in HTML, complete in one file each: every value is escaped, every missing value is an error."""
