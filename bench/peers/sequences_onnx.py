"""Recurrent nets for ONNX Runtime: an LSTM node, the last step, a Gemm."""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from bench.peers import Unsupported
from bench.sequences import make_data, make_weights


class Net:
    def __init__(self, s):
        if s.trains or s.cell != "lstm" or s.depth > 1:
            raise Unsupported("the package runs models; here one layer of an LSTM")
        self.x, n = make_data(s)[0], s.units
        kernel, bias, w, b = make_weights(s)
        bias = bias + np.repeat([0, 0, 1, 0], n).astype(s.dtype)
        order = [0, 3, 2, 1]                    # i, o, f, c there
        parts = [np.split(kernel, 4, 1)[i].T for i in order]
        kernel = np.concatenate(parts)
        bias = np.concatenate([np.split(bias, 4)[i] for i in order] + [np.zeros(4 * n, s.dtype)])
        arrays = {"W": kernel[None, :, :-n], "R": kernel[None, :, -n:], "B": bias[None], "w": w,
                  "b": b, "axis": np.array([0])}
        nodes = [helper.make_node("Transpose", ["x"], ["xs"], perm=[1, 0, 2]),
                 helper.make_node("LSTM", ["xs", "W", "R", "B"], ["", "h"], hidden_size=n),
                 helper.make_node("Squeeze", ["h", "axis"], ["last"]),
                 helper.make_node("Gemm", ["last", "w", "b"], ["y"])]
        ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(self.x.shape)),
                helper.make_tensor_value_info("y", TensorProto.FLOAT, [s.batch, s.classes])]
        graph = helper.make_graph(nodes, s.name, ends[:1], ends[1:], [
            numpy_helper.from_array(np.ascontiguousarray(a), k) for k, a in arrays.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        self.session = onnxruntime.InferenceSession(model.SerializeToString(),
                                                    providers=["CPUExecutionProvider"])

    def step(self):
        return self.session.run(None, {"x": self.x})[0]
