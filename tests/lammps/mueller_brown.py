# SPDX-License-Identifier: GPL-2.0-only
"""The Mueller-Brown example: its folder, its temperature, its surface."""
import numpy as np

from harness import SOURCE

EXAMPLE = SOURCE / "examples" / "USER-CGFLOW" / "mueller-brown"
KT = 10.0


def mueller_brown(x, y):
    A, a, b, c = (-200, -100, -170, 15), (-1, -1, -6.5, 0.7), (0, 0, 11, 0.6), (-10, -10, -6.5, 0.7)
    X, Y = (1, 0, -0.5, -1), (0, 0.5, 1.5, 1)
    return sum(A[j] * np.exp(a[j] * (x - X[j])**2 + b[j] * (x - X[j]) * (y - Y[j]) + c[j] * (y - Y[j])**2) for j in range(4))
