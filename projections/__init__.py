"""What the record says: readers that can be thrown away and rebuilt at will."""
