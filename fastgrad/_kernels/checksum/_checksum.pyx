# CRC-32C of bytes; a module of its own, since readers of files need it and no plan does.

from libc.stdint cimport uint32_t

cdef extern from "checksum/crc32c.h":
    void fg_crc_make_tables() noexcept nogil
    bint fg_crc_choose(bint by_tables) noexcept nogil
    uint32_t fg_crc32c(uint32_t crc, const unsigned char *p, size_t n) noexcept nogil

cdef Py_ssize_t LONG = 1 << 16          # bytes from which on other threads may run meanwhile


def crc32c(const unsigned char[::1] data not None, uint32_t crc=0):
    """crc32c(data, crc=0): the CRC-32C of bytes, or of bytes behind others whose CRC is `crc`."""
    cdef Py_ssize_t n = data.shape[0]
    if n == 0:
        return crc
    if n < LONG:
        return fg_crc32c(crc, &data[0], <size_t>n)
    with nogil:
        crc = fg_crc32c(crc, &data[0], <size_t>n)
    return crc


def choose(bint by_tables):
    """choose(by_tables): take tables where True; whether the CPU's instruction is used then."""
    return fg_crc_choose(by_tables)


fg_crc_make_tables()
fg_crc_choose(False)
