"""A rig that measures how a stop reaches the load: a simulated device in real time, and sessions to be harmed."""
