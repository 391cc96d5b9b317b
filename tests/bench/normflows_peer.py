#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Speed of normflows (PyPI) in training and sampling, in samples per second of processor time, with one thread and float64.
The flow is that of the paper rows of flow_step: 58 coordinates, 3 of them circular, conditioned on two angles; 12 spline
couplings of 8 bins with random masks, one residual block of width 256, and rotations of the circular coordinates between
pairs of couplings. A training step is zero_grad, -ln q, backward, gradient clipping and Adam.

`peer` has the same parts as that flow: spline couplings and residual networks of normflows, with the condition as an input
of the network. `peer_as_shipped` uses the ready-made class of normflows, which also has unconditional splines of the
unchanged coordinates and gates that depend on the condition.

python3 tests/bench/normflows_peer.py [--only ROW,...] [--batch N] [--seconds S] [--json FILE]     in the environment of tools/bench
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import time

# Lazy binding: the CUDA functions of the torch wheel are missing here and never called.
sys.setdlopenflags(os.RTLD_LAZY)

import normflows  # noqa: E402
import torch  # noqa: E402
from normflows.flows.neural_spline.coupling import PiecewiseRationalQuadraticCoupling  # noqa: E402
from normflows.nets.resnet import ResidualNet  # noqa: E402
from normflows.utils.nn import PeriodicFeaturesElementwise  # noqa: E402

N, CIRCULAR, CONDITION = 58, [0, 1, 2], 4
COUPLINGS, HIDDEN, BINS, TAIL, CLIP = 12, 256, 8, 5.0, 100.0
ROWS = {"train_step_f64": "train", "sample_f64": "sample"}


class Network(torch.nn.Module):
    """A residual network of the unchanged coordinates and of the condition."""
    hidden_features = HIDDEN    # normflows scales the bins' parameters by it

    def __init__(self, n, outputs, circular):
        super().__init__()
        self.net = ResidualNet(n + CONDITION, outputs, HIDDEN, num_blocks=1, activation=torch.nn.SiLU())
        self.periodic = PeriodicFeaturesElementwise(n, circular) if circular else torch.nn.Identity()
        torch.nn.init.zeros_(self.net.final_layer.weight)
        torch.nn.init.constant_(self.net.final_layer.bias, math.log(math.exp(1 - 1e-3) - 1))

    def forward(self, x, context):
        return self.net(torch.cat((self.periodic(x), context), dim=1))


class Coupling(torch.nn.Module):
    """A spline coupling; the coordinates with mask > 0 are transformed."""

    def __init__(self, mask, bounds):
        super().__init__()
        passing = [i for i in range(N) if mask[i] <= 0]
        circular = [k for k, i in enumerate(passing) if i in CIRCULAR]
        self.coupling = PiecewiseRationalQuadraticCoupling(
            mask, lambda n, outputs: Network(n, outputs, circular), num_bins=BINS,
            tails=["circular" if i in CIRCULAR else "linear" for i in range(N)], tail_bound=bounds)

    def forward(self, z, context):
        return self.coupling.inverse(z, context)

    def inverse(self, x, context):
        return self.coupling(x, context)


class Turn(torch.nn.Module):
    """A rotation of the circular coordinates: the shift of normflows, with the context argument of a conditional layer."""

    def __init__(self, shift):
        super().__init__()
        self.turn = normflows.flows.PeriodicShift(CIRCULAR, bound=math.pi, shift=shift)

    def forward(self, z, context):
        return self.turn(z)

    def inverse(self, x, context):
        return self.turn.inverse(x)


def make(as_shipped):
    """The flow, of the ready-made couplings of normflows or of Coupling."""
    bounds = torch.full((N,), TAIL)
    bounds[CIRCULAR] = math.pi
    layers = []
    for number in range(COUPLINGS):
        if number % 2 == 0:
            mask = torch.zeros(N)
            mask[torch.randperm(N)[:N // 2]] = 1
        else:
            mask = 1 - mask
        layers.append(normflows.flows.CircularCoupledRationalQuadraticSpline(
            N, 1, HIDDEN, CIRCULAR, num_context_channels=CONDITION, num_bins=BINS, tail_bound=bounds, activation=torch.nn.SiLU,
            mask=mask) if as_shipped else Coupling(mask, bounds))
        if number % 2 == 1:
            layers.append(Turn(2 * math.pi * torch.rand(len(CIRCULAR))))
    scale = torch.ones(N)
    scale[CIRCULAR] = 2 * math.pi
    return normflows.ConditionalNormalizingFlow(normflows.distributions.UniformGaussian(N, CIRCULAR, scale), layers)


def tasks(as_shipped, batch):
    """{kind: a function that does it once}."""
    flow = make(as_shipped)
    s = 2 * math.pi * torch.rand(batch, 2)
    condition = torch.cat((torch.cos(s), torch.sin(s)), dim=1)
    z = flow.q0.sample(batch)
    with torch.no_grad():
        x = flow.forward_and_log_det(z, context=condition)[0]
    adam = torch.optim.Adam(flow.parameters(), lr=1e-4, fused=True)    # the fastest variant of torch

    def train():
        adam.zero_grad()
        latent, log_det = flow.inverse_and_log_det(x, context=condition)
        (-(flow.q0.log_prob(latent) + log_det).mean()).backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
        adam.step()

    def sample():
        with torch.no_grad():
            out, log_det = flow.forward_and_log_det(z, context=condition)
            return out, flow.q0.log_prob(z) - log_det

    return {"train": train, "sample": sample}


def rates(functions, seconds):
    """{name: calls per second}, medians of alternating calls."""
    times = {name: [] for name in functions}
    for call in functions.values():
        call()
    begin = time.process_time()
    while time.process_time() - begin < seconds or min(map(len, times.values())) < 3:
        for name, call in functions.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: 1 / statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description="Speed of normflows in training and sampling.")
    parser.add_argument("--only", default=",".join(ROWS), help="rows to measure, some of " + ", ".join(ROWS))
    parser.add_argument("--batch", type=int, default=256, help="samples per step")
    parser.add_argument("--seconds", type=float, default=8.0, help="processor time per row")
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    found = {}
    ours, shipped = tasks(False, options.batch), tasks(True, options.batch)
    for row in options.only.split(","):
        kind = ROWS[row]
        got = rates({"peer": ours[kind], "peer_as_shipped": shipped[kind]}, options.seconds)
        found[row] = {name: options.batch * rate for name, rate in got.items()}
        print(row, {name: round(rate, 1) for name, rate in found[row].items()}, flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
