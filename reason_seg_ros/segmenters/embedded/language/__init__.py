"""What is meant: from an instruction to the kinds of object that it may mean."""
