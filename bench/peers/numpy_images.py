"""Convolutional nets in hand-written NumPy: the judge of the image workloads, for numpy_peer.

Patches become a matrix, each layer has its gradient below it; plain enough to be checked by eye.
"""
import numpy as np

from bench.images import image_data, image_weights, padded


def _pads(n, kernel, stride, pad):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0) if pad else 0
    return total // 2, total - total // 2


def _windows(x, kernel, stride, pad):
    """(n, rows, columns, kernel, kernel, c) of the image, padded; and the pads."""
    pads = [_pads(n, kernel, stride, pad) for n in x.shape[1:3]]
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    n, h, w, c = x.strides
    rows, cols = ((m - kernel) // stride + 1 for m in x.shape[1:3])
    return np.lib.stride_tricks.as_strided(
        x, (x.shape[0], rows, cols, kernel, kernel, x.shape[3]),
        (n, h * stride, w * stride, h, w, c)), pads


def _scatter(dwindows, shape, stride, pads):
    """The sum of what windows pass back to an image of this shape."""
    n, rows, cols, kernel, _, c = dwindows.shape
    dx = np.zeros((n, shape[1] + sum(pads[0]), shape[2] + sum(pads[1]), c), dwindows.dtype)
    for i in range(kernel):
        for j in range(kernel):
            dx[:, i:i + rows * stride:stride, j:j + cols * stride:stride] += dwindows[:, :, :, i, j]
    return dx[:, pads[0][0]:pads[0][0] + shape[1], pads[1][0]:pads[1][0] + shape[2]]


class Layer:
    """One layer: `forward` keeps what `backward` needs and returns the gradients of its weights."""

    def __init__(self, kind, facts):
        self.kind, self.facts = kind, facts
        self.act = facts[-1] if kind in ("conv", "dw", "dense") else None

    def forward(self, x, w=None, b=None):
        self.x = x
        if self.kind in ("conv", "dw"):
            self.size, self.stride = self.facts[0], self.facts[-2]
            v, self.pads = _windows(x, self.size, self.stride, padded(self.size, self.stride))
            self.v = v
            y = (np.tensordot(v, w, ((3, 4, 5), (0, 1, 2))) if self.kind == "conv"
                 else np.einsum("nhwijc,ijc->nhwc", v, w[..., 0])) + b
        elif self.kind == "pool":
            k = self.facts[0]
            rows, cols = x.shape[1] // k, x.shape[2] // k
            v = x[:, :rows * k, :cols * k].reshape(x.shape[0], rows, k, cols, k, x.shape[3])
            v = v.transpose(0, 1, 3, 5, 2, 4).reshape(x.shape[0], rows, cols, x.shape[3], k * k)
            self.best, y = v.argmax(-1), v.max(-1)
        elif self.kind == "gap":
            y = x.mean((1, 2))
        elif self.kind == "flat":
            y = x.reshape(x.shape[0], -1)
        else:
            y = x @ w + b
        self.y = np.maximum(y, 0) if self.act else y
        return self.y

    def backward(self, dy, w=None):
        """(dx, dw, db); the last two None without weights."""
        dy = dy * (self.y > 0) if self.act else dy
        x = self.x
        if self.kind == "dense":
            return dy @ w.T, x.T @ dy, dy.sum(0)
        if self.kind == "conv":
            dw = np.tensordot(self.v, dy, ((0, 1, 2), (0, 1, 2)))
            dv = np.tensordot(dy, w, ((3,), (3,)))
            return _scatter(dv, x.shape, self.stride, self.pads), dw, dy.sum((0, 1, 2))
        if self.kind == "flat":
            return dy.reshape(x.shape), None, None
        k = self.facts[0]
        n, rows, cols, c = dy.shape
        dv = np.where(self.best[..., None] == np.arange(k * k), dy[..., None], 0)
        dv = dv.reshape(n, rows, cols, c, k, k).transpose(0, 1, 4, 2, 5, 3)
        dx = np.zeros_like(x)
        dx[:, :rows * k, :cols * k] = dv.reshape(n, rows * k, cols * k, c)
        return dx, None, None


class ImageNet:
    """A step of the workload, and its weights."""

    def __init__(self, workload):
        self.workload = workload
        self.x, self.c = image_data(workload)
        self.params = image_weights(workload)
        self.net = [Layer(kind, facts) for kind, *facts in workload.stack]

    def forward(self):
        h, at = self.x, 0
        self.at = []
        for layer in self.net:
            has = layer.kind in ("conv", "dw", "dense")
            self.at.append(at if has else None)
            h = layer.forward(h, *(self.params[at:at + 2] if has else ()))
            at += 2 * has
        e = np.exp(h - h.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def step(self):
        p = self.forward()
        if not self.workload.trains:
            return p
        d, grads = (p - self.c) / self.workload.batch, {}
        for layer, at in zip(self.net[::-1], self.at[::-1]):
            d, dw, db = layer.backward(d, *([] if at is None else [self.params[at]]))
            if at is not None:
                grads[at], grads[at + 1] = dw, db
        for at, grad in grads.items():
            self.params[at] -= self.workload.lr * grad

    def weights(self):
        return [p.copy() for p in self.params]
