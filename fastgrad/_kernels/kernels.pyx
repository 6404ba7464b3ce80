# The kernels built for CPU level v4; flags and file list are in setup.py, the text is the same for every level.
include "kernels.pxi"
