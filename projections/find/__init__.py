"""The inspector's questions: each reader lists exactly the entries that answer one of them, with who, when and why."""
