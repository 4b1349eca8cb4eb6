"""Fuzz every parser (H29, H30, H36, H37): nothing that comes from outside ends in an uncaught error or takes long."""
