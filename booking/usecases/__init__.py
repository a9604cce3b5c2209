"""One file per verb. Each does one thing in one transaction; actor and now are given, never read from a framework."""
