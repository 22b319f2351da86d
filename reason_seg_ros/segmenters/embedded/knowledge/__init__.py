"""The object knowledge base: what things are called, what they are for and how they look."""
