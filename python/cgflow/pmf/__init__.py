# SPDX-License-Identifier: GPL-2.0-only
"""PMF files, comparison with a reference, and pictures."""
