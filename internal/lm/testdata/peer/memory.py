"""Predicted beside measured memory of 50 configurations.

    go build -o runexp ./cmd/runexp
    python3 internal/lm/testdata/peer/memory.py ./runexp [--threads 2]

Each configuration is three or more steps in a process of its own. Measured is
what the system says: the most resident memory of the process less what it had
before there was a model. Predicted is what a run is admitted by: a dry step.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile

SHAPES = {"2x128": (2, 128), "4x256": (4, 256), "6x512": (6, 512), "12x768": (12, 768)}
VOCABULARY = 30522
CONFIGS = {  # config.json of so many layers and so wide
    "bert": lambda layers, hidden: dict(
        model_type="bert", vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64,
        intermediate_size=4 * hidden, max_position_embeddings=512, type_vocab_size=2),
    "gpt2": lambda layers, hidden: dict(
        model_type="gpt2", vocab_size=VOCABULARY, n_embd=hidden, n_layer=layers, n_head=hidden // 64, n_positions=512),
    "llama": lambda layers, hidden: dict(
        model_type="llama", vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64,
        num_key_value_heads=hidden // 64, intermediate_size=3 * hidden, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True),
}


def configurations():
    """Architecture, shape, mode, rows of a step, tokens of a row ("to N": from 5 to N), checkpointing."""
    for c in bert_configurations():
        yield "bert", *c
    for batch, length in ((1, 512), (64, 16), (4, "to 256")):
        for mode in ("full", "lora"):
            yield "bert", "4x256", mode, batch, length, False
    for architecture in ("gpt2", "llama"):
        for shape in ("2x128", "4x256"):
            for mode in ("full", "lora", "forward"):
                yield architecture, shape, mode, 16, 128, False
        yield architecture, "4x256", "full", 16, 128, True


def bert_configurations():
    for shape in SHAPES:
        big = shape == "12x768"
        batch, length = (8, 128) if big else (32, 64)
        for mode in ("full", "lora"):
            yield shape, mode, batch, length, False
            yield shape, mode, batch, length, True
            yield shape, mode, batch, f"to {length}", False
        yield shape, "forward", batch, length, False
    yield "2x128", "lora", 8, 512, False
    yield "12x768", "lora", 2, 256, True


def measure(args, folder, architecture, shape, mode, batch, length, checkpointing):
    layers, hidden = SHAPES[shape]
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(CONFIGS[architecture](layers, hidden), f)
    if isinstance(length, str):
        path = os.path.join(folder, "lengths.txt")
        draw = random.Random(0)
        with open(path, "w") as f:
            f.writelines(f"{draw.randint(5, int(length[3:]))}\n" for _ in range(4 * batch))
        length = path
    command = [args.runexp, "bench", "-config", folder, "-mode", mode, "-batch", str(batch), "-length", str(length),
               "-threads", str(args.threads), "-seconds", "0.01", "-json"] + ["-checkpointing"] * checkpointing
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("runexp")
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()
    print("| architecture | shape | mode | batch × length | checkpointing | predicted MB | of these activations | measured MB | predicted / measured |")
    print("| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: |")
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for c in configurations():
            r = measure(args, folder, *c)
            ratios.append(r["predicted_bytes"] / r["model_bytes"])
            architecture, shape, mode, batch, length, checkpointing = c
            print(f"| {architecture} | {shape} | {mode} | {batch} × {length} | {'yes' if checkpointing else 'no'} | {r['predicted_bytes'] / 1e6:.0f} | "
                  f"{r['predicted_activation_bytes'] / 1e6:.0f} | {r['model_bytes'] / 1e6:.0f} | {ratios[-1]:.2f} |", flush=True)
    print(f"\n{len(ratios)} configurations: predicted / measured is {min(ratios):.2f} at least, {statistics.median(ratios):.2f} in the median, {max(ratios):.2f} at most.")


main()
