"""Fault x phase matrix: every fault of the simulator in every phase of a session, judged at the load."""
