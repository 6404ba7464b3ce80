"""CRC-32C, bare and masked as TensorFlow's files have it."""

from fastgrad._kernels import crc32c


def mask(crc):
    """A checksum as it is stored: one of bytes that hold such a one would be a poor one."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def masked(data):
    """The masked CRC-32C of bytes, or of any contiguous memory."""
    return mask(crc32c(data))


__all__ = ["crc32c", "mask", "masked"]
