"""Data that comes with the package: the handwritten digits of the demo, and nothing else.

Source and licence of the data are in `fastgrad/datasets/README.md`.
"""

from importlib import resources

import numpy as np


def load_digits():
    """Load 1797 handwritten digits, the UCI optical digits' test set.

    Returns
    -------
    images : float32 array of shape (1797, 64)
        One image of 8x8 pixels a row, 0 for paper to 1 for ink.
    labels : int64 array of shape (1797,)
        The digit each image shows, 0 to 9.

    Notes
    -----
    E. Alpaydin and C. Kaynak (1998), *Optical Recognition of Handwritten Digits*, UCI Machine
    Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0.

    Examples
    --------
    >>> from fastgrad.datasets import load_digits
    >>> images, labels = load_digits()
    >>> images.shape, labels[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    with resources.files("fastgrad").joinpath("datasets/digits.npz").open("rb") as file:
        with np.load(file) as archive:
            images, labels = archive["images"], archive["labels"]
    return images.reshape(-1, 64).astype(np.float32) / np.float32(16), labels.astype(np.int64)
