"""Programs that others wrote, asked for a second opinion. Nothing here knows the program."""
