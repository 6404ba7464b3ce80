"""Recurrent nets of PyTorch: its own layers (batch first), eager, torch.optim.SGD.

Columns of an LSTM are i, f, g, o there, and a forget gate's 1 lies in the bias; a GRU's are r, z, n
with its own reset gate (`reset_after`), and a z that is 1 - u is u there too.
"""
import numpy as np
import torch
import torch.nn.functional as F

from bench.sequences import make_data, make_weights

ORDER = {"rnn": [0], "lstm": [0, 2, 1, 3]}


class Net:
    def __init__(self, s):
        self.s, self.reset_after = s, s.cell == "gru"
        self.x, y = make_data(s)
        self.y = torch.from_numpy(y)
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[s.cell]
        self.cell = kind(s.inputs, s.units, s.depth, batch_first=True)
        self.head = torch.nn.Linear(s.units, s.classes)
        arrays = make_weights(s)
        with torch.no_grad():
            for layer in range(s.depth):
                self._fill(layer, arrays)
            self.head.weight.copy_(torch.from_numpy(arrays[-2].T.copy()))
            self.head.bias.copy_(torch.from_numpy(arrays[-1]))
        parameters = [*self.cell.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.SGD(parameters, s.lr)

    def _parts(self, layer):
        return [getattr(self.cell, "%s_l%d" % (name, layer))
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def _fill(self, layer, arrays):
        s, n = self.s, self.s.units
        wi, wh, bi, bh = self._parts(layer)
        if s.cell == "gru":
            g, gb, c, cb = arrays[4 * layer:4 * layer + 4]
            kernel, bias = np.concatenate([g, c], 1), np.concatenate([gb, cb])
        else:
            kernel, bias = arrays[2 * layer:2 * layer + 2]
            kernel = np.concatenate([np.split(kernel, s.gates, 1)[i] for i in ORDER[s.cell]], 1)
            bias = np.concatenate([np.split(bias, s.gates)[i] for i in ORDER[s.cell]])
        if s.cell == "lstm":
            bias = bias + np.repeat([0, 1, 0, 0], n).astype(s.dtype)
        wi.copy_(torch.from_numpy(kernel[:-n].T.copy()))
        wh.copy_(torch.from_numpy(kernel[-n:].T.copy()))
        bi.copy_(torch.from_numpy(bias))
        bh.zero_()

    def weights(self):
        """In the workload's layout. Both of torch's biases move, so that their sum moves twice."""
        s, found = self.s, []
        for layer in range(s.depth):
            wi, wh, bi, bh = [p.detach().numpy() for p in self._parts(layer)]
            kernel, bias = np.concatenate([wi.T, wh.T]), bi
            parts, pieces = np.split(kernel, s.gates, 1), np.split(bias, s.gates)
            if s.cell == "gru":
                found += [np.concatenate(parts[:2], 1), np.concatenate(pieces[:2]), parts[2],
                          pieces[2]]
                continue
            order = ORDER[s.cell]               # its own inverse
            bias = np.concatenate([pieces[i] for i in order])
            if s.cell == "lstm":
                bias = bias - np.repeat([0, 0, 1, 0], s.units).astype(s.dtype)
            found += [np.concatenate([parts[i] for i in order], 1), bias]
        return found + [self.head.weight.detach().numpy().T, self.head.bias.detach().numpy()]

    def _answer(self):
        outputs, _ = self.cell(torch.from_numpy(self.x))
        return self.head(outputs.reshape(-1, self.s.units) if self.s.each else outputs[:, -1])

    def step(self):
        if not self.s.trains:
            with torch.inference_mode():
                return self._answer().numpy()
        self.optimizer.zero_grad(set_to_none=True)
        z = self._answer()
        loss = ((z - self.y) ** 2).mean() if self.s.loss == "square" else F.cross_entropy(
            z, self.y.reshape(-1))
        loss.backward()
        self.optimizer.step()
