"""A frame as a plan shows it: by its name, and without what differs from session to session."""

from __future__ import annotations

from eastim.drivers.ea1.codec import CARRY_EPOCH, VERSION, Message, decode, framed, request_name


def name_of(frame: bytes) -> str:
    """The manual's name of the request in a frame; raises ValueError when it is none."""
    return request_name(_whole(frame).type)


def blanked(frame: bytes) -> bytes:
    """The frame of a request with its number, epoch and CRC as 0; raises ValueError when it is none."""
    message = _whole(frame)
    body = bytes(4) + message.body[4:] if message.type in CARRY_EPOCH else message.body
    return framed(bytes([VERSION, message.type]) + bytes(4) + body + bytes(4))


def _whole(frame: bytes) -> Message:
    message = decode(frame.strip(b"\0"))
    if message is None:
        raise ValueError(f"{frame.hex(' ')} is no frame of wire ea1")
    return message
