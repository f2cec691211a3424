"""The command crosswalk-record."""

import argparse
import sys
import tempfile
from pathlib import Path

from .checks import GROUPS, RecordingError, differences
from .files import STORED, read_inputs

EPILOG = """examples:
  crosswalk-record --model DIR -o fixture.h5                        inputs are drawn at random
  crosswalk-record --model DIR --inputs inputs.json -o fixture.h5
  crosswalk-record --model DIR --sensitive --save OTHER -o OTHER/fixture.h5
  crosswalk-record --agree one.h5 other.h5"""


def parser():
    parser = argparse.ArgumentParser(
        prog="crosswalk-record", description="Records what a transformers or Keras model computes, as a fixture.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="PATH", help="a folder that save_pretrained wrote, or a .keras or .h5 file")
    parser.add_argument("--inputs", metavar="FILE", help=".json, .npz, .safetensors or .h5; default: drawn from the config")
    parser.add_argument("--seed", type=int, default=0, help="what random inputs and weights begin with; default: 0")
    parser.add_argument("-o", "--output", metavar="FILE", help="fixture.h5 or fixture.safetensors")
    parser.add_argument("--class", dest="class_name", metavar="NAME", help="default: the one that config.json names")
    parser.add_argument("--tf-keras", action="store_true", help="load with tf_keras, as Keras 2 models need")
    parser.add_argument("--outputs", nargs="*", default=["*"], metavar="GLOB", help="outputs to keep; default: all")
    parser.add_argument("--nodes", nargs="*", default=["*"], metavar="GLOB", help="modules to keep; default: all")
    parser.add_argument("--no-details", action="store_true", help="leave out nodes' inputs, scores and rotary tables")
    parser.add_argument("--no-float64", action="store_true", help="leave out the float64 reference")
    parser.add_argument("--no-attention", action="store_true", help="the model has no attention")
    parser.add_argument("--dtype", choices=STORED, default="float32", help="in what values are kept; default: float32")
    parser.add_argument("--positions", type=int, metavar="N",
                        help="keep N positions of a sequence, of nodes alone, chosen at random; default: all")
    parser.add_argument("--sensitive", action="store_true",
                        help="random weights under which every fault shows, in place of the model's own; needs --save")
    parser.add_argument("--save", metavar="DIR", help="where the model of --sensitive goes")
    parser.add_argument("--check", action="store_true", help="record twice, and fail unless both agree")
    parser.add_argument("--agree", nargs=2, metavar="FIXTURE", help="only compare two recordings; status 1 if they differ")
    return parser


def load(options):
    """The model, the side of this package that knows it, and where its weights are."""
    path = Path(options.model)
    if path.is_dir():
        from . import pytorch
        load = pytorch.make if options.sensitive else pytorch.load
        return load(path, options.class_name), pytorch, path
    from . import keras_models
    if not path.exists():
        raise RecordingError(f"{path} does not exist")
    return keras_models.load(path, "tf_keras" if options.tf_keras else "keras"), keras_models, path


def recorded(options):
    """Records as the options say, and gives a line that tells of it."""
    from .drawing import draw
    from .recording import record
    model, side, path = load(options)
    settings = {}
    if options.inputs:
        inputs = read_inputs(options.inputs)
    else:
        inputs, settings["drawn_with_seed"] = draw(model, options.seed), options.seed
    if options.sensitive:
        from .sensitive import sensitive
        path = Path(options.save)
        side.save(sensitive(model, inputs, options.seed), path)
        settings["sensitive_with_seed"] = options.seed
        path = path / "model.keras" if side.DIALECT == "keras" else path
    settings["weights"] = side.weight_hashes(path)
    wanted = dict(outputs=options.outputs, nodes=options.nodes, details=not options.no_details, dtype=options.dtype,
                  positions=options.positions, seed=options.seed,
                  float64=not options.no_float64, attention=not options.no_attention, settings=settings)
    kept = record(model, inputs, options.output, **wanted)
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            second = Path(folder) / Path(options.output).name
            record(model, inputs, second, **wanted)
            if lines := differences(options.output, second):
                raise RecordingError(f"two recordings differ: {lines[0]}")
    counts = [f"{len(kept[group])} {group}" for group in GROUPS]
    return f"{options.output}: {', '.join(counts)}" + (", recorded twice alike" if options.check else "")


def agree(first, second):
    """Prints how two recordings differ, and gives the status."""
    lines = differences(first, second)
    print("\n".join(lines or [f"{first} and {second} agree"]))
    return 1 if lines else 0


def main(arguments=None):
    command = parser()
    options = command.parse_args(arguments)
    if not options.agree:
        if not options.model or not options.output:
            command.error("--model and -o are needed, or --agree")
        if options.sensitive != bool(options.save):
            command.error("--sensitive and --save go together")
    try:
        if options.agree:
            sys.exit(agree(*options.agree))
        if "torch" in sys.modules or Path(options.model).is_dir():
            import torch
            torch.set_num_threads(1)  # so that sums come out the same on every machine
        print(recorded(options))
    except ImportError as error:
        print(f"crosswalk-record: {error}: install what the model runs with where the recorder is", file=sys.stderr)
        sys.exit(2)
    except (RecordingError, OSError, ValueError, TypeError, RuntimeError, KeyError, IndexError) as error:
        print(f"crosswalk-record: {error}", file=sys.stderr)
        sys.exit(2)
