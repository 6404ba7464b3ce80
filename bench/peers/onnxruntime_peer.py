"""ONNX Runtime: inference only, on a model of Gemm, activation and Softmax nodes.

Over images, of Conv and MaxPool nodes too, whose images are (n, c, h, w): one Transpose of the input,
and one before a dense layer, as exporters from TensorFlow write them.
"""
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.images import ImageWorkload, walk
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


class Writer:
    """The nodes of a net over images; a flow is the name of a value."""

    def __init__(self, workload):
        self.nodes, self.constants = [], []
        ops = {"conv": self.conv, "dw": self.conv, "dense": self.dense, "flat": self.flat,
               "pool": lambda x, n: self.node("MaxPool", [x], kernel_shape=[n, n], strides=[n, n]),
               "gap": lambda x: self.node("Flatten", [self.node("GlobalAveragePool", [x])]),
               "relu": lambda x: self.node("Relu", [x])}
        x = self.node("Transpose", ["x"], perm=[0, 3, 1, 2])
        z = walk(workload, make_weights(workload), x, ops)
        self.nodes.append(helper.make_node("Softmax", [z], ["y"], axis=1))

    def node(self, kind, inputs, **facts):
        name = "v%d" % len(self.nodes)
        self.nodes.append(helper.make_node(kind, inputs, [name], **facts))
        return name

    def constant(self, array):
        name = "p%d" % len(self.constants)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(self, x, w, b, stride, padded):
        groups = w.shape[2] if w.shape[3] == 1 else 1
        w = w.transpose(2, 3, 0, 1) if groups > 1 else w.transpose(3, 2, 0, 1)
        return self.node("Conv", [x, self.constant(w), self.constant(b)], group=groups,
                         strides=[stride, stride], auto_pad="SAME_UPPER" if padded else "VALID")

    def flat(self, x):
        return self.node("Flatten", [self.node("Transpose", [x], perm=[0, 2, 3, 1])])

    def dense(self, x, w, b):
        return self.node("Gemm", [x, self.constant(w), self.constant(b)])


def make_image_model(workload):
    net = Writer(workload)
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", *workload.image]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", workload.layers[-1]])]
    graph = helper.make_graph(net.nodes, workload.name, ends[:1], ends[1:], net.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                             ir_version=FORMAT)


def make_model(workload):
    if isinstance(workload, ImageWorkload):
        return make_image_model(workload)
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
