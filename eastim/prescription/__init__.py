"""The clinical order, from a file or from the command line's words; all its mistakes at once."""
