# SPDX-License-Identifier: GPL-2.0-only
"""Reference values of rational-quadratic splines from distrax (JAX). Writes rq_spline.csv in its own folder.

The raw parameters of distrax have the same meaning as ours: widths and heights are a softmax with a minimum, derivatives
a softplus with a minimum, shifted so that 0 gives the derivative 1. Needs distrax (pip install distrax). Command: python3
rq_spline.py
"""
import importlib.metadata
import math
import pathlib

import jax

jax.config.update("jax_enable_x64", True)
import distrax
import jax.numpy as jnp
import numpy as np

BINS = 6
random = np.random.default_rng(4711)
lines = []
for circular, bound in ((0, 3.0), (1, math.pi)):
    for scale in (0.3, 1.5, 6.0):
        for k in range(12):
            widths, heights = scale * random.standard_normal((2, BINS))
            slopes = scale * random.standard_normal(BINS if circular else BINS - 1)
            x = (1.0 if circular else 1.3) * bound * random.uniform(-1, 1)
            x = {0: -bound, 1: 0.999999 * bound}.get(k, x)
            # The list of distrax contains the slopes at both ends, which identity tails ignore.
            all_slopes = np.r_[slopes, slopes[0]] if circular else np.r_[0.0, slopes, 0.0]
            spline = distrax.RationalQuadraticSpline(
                jnp.asarray(np.r_[widths, heights, all_slopes]), -bound, bound,
                boundary_slopes="circular" if circular else "identity", min_bin_size=1e-3 * 2 * bound, min_knot_slope=1e-3)
            for inverse in (0, 1):
                y, log_det = (spline.inverse_and_log_det if inverse else spline.forward_and_log_det)(jnp.asarray(x))
                row = [circular, bound, inverse, float(x), float(y), float(log_det), *widths, *heights, *slopes]
                lines.append(",".join(repr(float(v)) for v in row))
versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("distrax", "jax"))
header = f"""# distrax.RationalQuadraticSpline ({versions}); command: python3 rq_spline.py
# circular, half width, inverse, x, y, log_det, then raw parameters of {BINS} bins: widths, heights, derivatives
"""
(pathlib.Path(__file__).parent / "rq_spline.csv").write_text(header + "\n".join(lines) + "\n")
