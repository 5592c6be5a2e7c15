"""What people signed off, reviewed, asked, locked and deleted, and what of it no longer stands."""
