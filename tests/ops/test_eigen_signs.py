"""Eigenvectors of small symmetric matrices have the signs that TensorFlow 1.15.5 gave."""

import numpy as np
import pytest

import fastgrad.compat.v1 as tf

# matrix -> eigenvectors that TensorFlow returned in float64, and their signs in float32
CASES = {
    "two": ([[2.0, 0.0], [1.0, 3.0]], [[-0.85065081, -0.52573111], [0.52573111, -0.85065081]],
            [1, 1]),
    "three, the lower triangle": (
        [[1.0, 2.0, 3.0], [-3.0, -7.0, -1.0], [0.0, 5.0, -2.0]],
        [[0.21749542, 0.63250104, -0.74339638], [0.84526515, 0.2587998, 0.46749277],
         [-0.4880805, 0.73004459, 0.47834331]], [-1, -1, 1]),
    "diagonal": ([[3.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]], [1, 1]),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_signs(name, dtype):
    matrix, vectors, signs = CASES[name]
    vectors = np.multiply(vectors, signs if dtype is np.float32 else 1)
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(tf.self_adjoint_eig(np.array([matrix, matrix], dtype)))[1]
    assert found.dtype == dtype and np.allclose(found, [vectors, vectors], atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 5, 8, 9])
def test_they_stay_eigenvectors(size):
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(3, size, size))
    matrix += matrix.swapaxes(-1, -2)
    matrix[2] = 0.5                                     # eigenvalues that coincide
    with tf.Graph().as_default(), tf.Session() as session:
        values, vectors = session.run(tf.self_adjoint_eig(matrix))
    assert np.allclose(matrix @ vectors, vectors * values[:, None], atol=1e-9)
    assert np.allclose(vectors.swapaxes(-1, -2) @ vectors, np.eye(size), atol=1e-9)
