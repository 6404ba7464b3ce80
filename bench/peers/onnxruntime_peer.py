"""ONNX Runtime: inference only, on a model of Gemm, activation and Softmax nodes."""
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.workloads import make_data, make_weights

ACTIVATION = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}
# Old enough for any runtime of recent years; the nodes used here have not changed since.
OPSET, FORMAT = 13, 8


def versions():
    return {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        from bench.peers.sequences_onnx import Net as Recurrent
        return Recurrent(workload)
    if workload.trains:
        raise Unsupported("the package runs models; it does not train")
    return Inference(workload)


def make_model(workload):
    nodes, constants, flow = [], [], "x"
    arrays = make_weights(workload)
    for i in range(0, len(arrays), 2):
        names = ["p%d" % i, "p%d" % (i + 1)]
        constants += [numpy_helper.from_array(a, n) for a, n in zip(arrays[i:i + 2], names)]
        nodes.append(helper.make_node("Gemm", [flow] + names, ["z%d" % i]))
        flow = "z%d" % i
        if i + 2 < len(arrays):
            nodes.append(helper.make_node(ACTIVATION[workload.hidden], [flow], ["h%d" % i]))
            flow = "h%d" % i
    nodes.append(helper.make_node("Softmax", [flow], ["y"], axis=1))
    kind = TensorProto.FLOAT if workload.dtype == "float32" else TensorProto.DOUBLE
    ends = [helper.make_tensor_value_info(name, kind, ["rows", width])
            for name, width in (("x", workload.layers[0]), ("y", workload.layers[-1]))]
    graph = helper.make_graph(nodes, workload.name, ends[:1], ends[1:], constants)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=FORMAT)


class Inference:
    def __init__(self, workload):
        self.x = make_data(workload)[0]
        model = make_model(workload).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def step(self):
        return self.session.run(None, {"x": self.x})[0]
