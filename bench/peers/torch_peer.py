"""PyTorch, eager: addmm layers, autograd, updates in place under no_grad.

Inputs are wrapped with from_numpy, which copies nothing. The fused loss gets class numbers,
which is its fast path; the tutorial's loss is written out as it stands. The update is a loop as
in PyTorch's own first examples, since torch.optim.SGD takes some 25 us longer on the small nets
and never less.
"""
import torch
import torch.nn.functional as F

from bench.peers.sequences_torch import Net as Recurrent
from bench.sequences import Sequence
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": None, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def versions():
    return {"torch": torch.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        return Recurrent(workload)
    return Training(workload) if workload.trains else Inference(workload)


class Net:
    def __init__(self, workload):
        self.x, self.c = make_data(workload)
        self.params = [torch.from_numpy(array) for array in make_weights(workload)]
        self.activate = ACTIVATION[workload.hidden]

    def logits(self, x):
        for i in range(0, len(self.params), 2):
            x = torch.addmm(self.params[i + 1], x, self.params[i])
            if i + 2 < len(self.params):
                x = self.activate(x)
        return x

    def weights(self):
        return [p.detach().numpy().copy() for p in self.params]


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
