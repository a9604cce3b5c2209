"""What is decided here is decided without a clock, a database or a framework."""
