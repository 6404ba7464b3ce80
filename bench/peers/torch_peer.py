"""PyTorch, eager: addmm layers, autograd, updates in place under no_grad.

Images are in channels_last, its fast layout on a CPU; filters are kept in its own order.

Inputs are wrapped with from_numpy, which copies nothing. The fused loss gets class numbers,
which is its fast path; the tutorial's loss is written out as it stands. The update is a loop as
in PyTorch's own first examples, since torch.optim.SGD takes some 25 us longer on the small nets
and never less.
"""
import torch
import torch.nn.functional as F

from bench.peers.sequences_torch import Net as Recurrent
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": None, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}



def _convolution(x, w, b, stride, padded, groups=1):
    side = w.shape[-1] // 2 if padded else 0
    if padded and stride > 1:           # TensorFlow's SAME: one pixel more behind than before
        x, side = F.pad(x, (0, 1, 0, 1) if x.shape[-1] % 2 == 0 else (1, 1, 1, 1)), 0
    return F.conv2d(x, w, b, stride, side, groups=groups)


# of a layer over images: x, weights, and its facts
IMAGE_OPS = {
    "conv": _convolution, "pool": F.max_pool2d, "relu": torch.relu,
    "dw": lambda x, w, b, *facts: _convolution(x, w, b, *facts, groups=x.shape[1]),
    "gap": lambda x: x.mean((2, 3)),
    "flat": lambda x: x.permute(0, 2, 3, 1).flatten(1),
    "dense": lambda x, w, b: torch.addmm(b, x, w),
}


def _filter(array):
    """A filter (height, width, in, out) as (out, in, height, width), depthwise as (c, 1, ...)."""
    array = array.transpose(3, 2, 0, 1) if array.shape[3] > 1 else array.transpose(2, 3, 0, 1)
    return torch.from_numpy(array.copy()).contiguous(memory_format=torch.channels_last)


def _of_filter(p):
    """The filter as NumPy has it."""
    array = p.detach().numpy()
    return array.transpose(2, 3, 1, 0).copy()


def versions():
    return {"torch": torch.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        return Recurrent(workload)
    return Training(workload) if workload.trains else Inference(workload)


class Net:
    def __init__(self, workload):
        self.x, self.c = make_data(workload)
        self.workload, self.images = workload, isinstance(workload, ImageWorkload)
        self.params = [_filter(array) if array.ndim == 4 else torch.from_numpy(array)
                       for array in make_weights(workload)]
        if not self.images:
            self.activate = ACTIVATION[workload.hidden]

    def logits(self, x):
        if self.images:                 # (n, h, w, c) in memory is channels_last as it lies
            return walk(self.workload, self.params, x.permute(0, 3, 1, 2), IMAGE_OPS)
        for i in range(0, len(self.params), 2):
            x = torch.addmm(self.params[i + 1], x, self.params[i])
            if i + 2 < len(self.params):
                x = self.activate(x)
        return x

    def weights(self):
        return [_of_filter(p) if p.ndim == 4 else p.detach().numpy().copy() for p in self.params]


class Inference(Net):
    def step(self):
        with torch.inference_mode():
            return torch.softmax(self.logits(torch.from_numpy(self.x)), dim=1).numpy()


class Training(Net):
    def __init__(self, workload):
        Net.__init__(self, workload)
        self.fused = workload.loss == "fused"
        self.label = self.c.argmax(axis=1)
        for p in self.params:
            p.requires_grad_(True)
        self.lr = workload.lr

    def loss(self):
        z = self.logits(torch.from_numpy(self.x))
        if self.fused:
            return F.cross_entropy(z, torch.from_numpy(self.label))
        c = torch.from_numpy(self.c)
        return -torch.sum(torch.sum(c * torch.log(torch.softmax(z, dim=1)), dim=1))

    def step(self):
        self.loss().backward()
        with torch.no_grad():
            for p in self.params:
                p.add_(p.grad, alpha=-self.lr)
                p.grad = None
