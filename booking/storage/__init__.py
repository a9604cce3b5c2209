"""Tables, questions about them, and the one transaction."""
