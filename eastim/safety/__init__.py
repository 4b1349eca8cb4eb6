"""What stands between a driver and a person: limits, judge, interlock, guard, door.

This package file imports nothing: the guard process must load neither numpy nor pydantic.
"""
