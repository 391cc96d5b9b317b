# SPDX-License-Identifier: GPL-2.0-only
"""The error that all programs report to the user in one line."""


class ToolError(Exception):
    """Wrong input or a failed step. The text says where, what was found and what is expected or allowed."""
