"""Drivers: one wire each, sans-I/O. A program becomes frames, reply bytes become events; no driver holds a port."""
