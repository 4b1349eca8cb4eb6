"""The exhaustive model: the real guard, interlock and ea1 reader, with a small honest device and a line that loses,
doubles and overtakes, searched state by state until nothing is left.

`words` bytes of the wire, `device` the device, `line` the line, `guard_part` the real guard as an automaton, `same`
when two of its states are one, `domain` and `world` all of it together and what must hold, `search` the search, `live`
what must come, `causes` which faults ever cut, `domains` the small worlds, `prove` the row.
"""
