"""The command line: `fastgrad demo`, `info`, `inspect`, `run script.py`, `export MODEL OUT`.

`python -m fastgrad` is the same, unless the current folder holds another `fastgrad`, as a source
tree does: Python then takes that one. Each command is a parser below and a function that takes the
parsed arguments and returns the exit status. What the commands need is imported by them, so that
`info` does not load the demo.
"""

import argparse
import platform
import sys

from fastgrad.errors import FastgradError, OpError
from fastgrad.version import __version__


def demo(args):
    """Train the tutorial's networks and a digit classifier."""
    from fastgrad import demo as trainings

    trainings.run(args.out, args.seed)
    return 0


def info(args):
    """Print versions, the CPU level, the BLAS and the threads in use."""
    from fastgrad.runtime.build_info import build_info

    rows = {**build_info(), "platform": platform.platform()}
    width = max(map(len, rows))
    for name, value in rows.items():
        if isinstance(value, (list, tuple)):
            value = ", ".join(map(str, value))
        print(f"{name.replace('_', ' '):{width}}  {value}")
    return 0


def run(args):
    """Run a TensorFlow 1 script, unedited, with fastgrad in TensorFlow's place."""
    from fastgrad.compat import modules

    modules.run(args.script, args.arguments)
    return 0


def export(args):
    """Write a SavedModel, or a frozen graph, as an ONNX model."""
    from fastgrad.onnx.files import export_file

    export_file(args.model, args.out, args.inputs, args.outputs, args.opset, args.signature)
    return 0


def inspect(args):
    """Print what a checkpoint holds: names, dtypes, shapes, sums."""
    from fastgrad.train import inspection

    try:
        inspection.show(args.path, values=not args.quick)
    except (OpError, FastgradError, OSError, ValueError) as error:
        print(f"fastgrad inspect: {error}", file=sys.stderr)
        return 1
    return 0


def parser():
    """The whole command line; a new command is one more block here."""
    top = argparse.ArgumentParser(
        prog="fastgrad",
        description="TensorFlow-1-style neural networks on a compiled core.")
    top.add_argument("--version", action="version", version=f"fastgrad {__version__}")
    commands = top.add_subparsers(title="commands", metavar="command")

    one = commands.add_parser("demo", help=demo.__doc__, description=demo.__doc__)
    one.add_argument("--out", metavar="DIR", default=".",
                     help="directory for the picture (default: the current one)")
    one.add_argument("--seed", metavar="N", type=int, default=0,
                     help="seed of the data, the weights and the order (default: 0)")
    one.set_defaults(function=demo)

    one = commands.add_parser("info", help=info.__doc__, description=info.__doc__)
    one.set_defaults(function=info)

    one = commands.add_parser("inspect", help=inspect.__doc__, description=inspect.__doc__)
    one.add_argument("path", help="a checkpoint, a folder of such, or a file of records or events")
    one.add_argument("--quick", action="store_true", help="read no values: no sums, no checksums")
    one.set_defaults(function=inspect)

    one = commands.add_parser("run", help=run.__doc__, description=run.__doc__)
    one.add_argument("script", help="the script's file")
    one.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script gets")
    one.set_defaults(function=run)

    one = commands.add_parser("export", help=export.__doc__, description=export.__doc__)
    one.add_argument("model", help="a SavedModel's folder, or a frozen graph's .pb or .pbtxt")
    one.add_argument("out", help="the ONNX model's file")
    one.add_argument("--inputs", metavar="NAMES", help="of a frozen graph: x:0,y:0 (default: its "
                                                       "placeholders)")
    one.add_argument("--outputs", metavar="NAMES", help="of a frozen graph (default: what nothing "
                                                        "uses)")
    one.add_argument("--signature", metavar="NAME", default="serving_default",
                     help="of a SavedModel (default: serving_default)")
    one.add_argument("--opset", metavar="N", type=int, default=17, help="(default: 17)")
    one.set_defaults(function=export)
    return top


def main(arguments=None):
    """Run one command; returns the exit status."""
    top = parser()
    args = top.parse_args(arguments)
    if not hasattr(args, "function"):
        top.print_help()
        return 0
    return args.function(args)


if __name__ == "__main__":
    sys.exit(main())
